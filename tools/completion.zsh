#compdef headroom
# Completion of the headroom command for zsh: commands and options with their words as --help has them, so that nothing is said twice.

# What --help says of the options of a command, as "name:words".
_headroom_options() {
    headroom "$1" --help 2>/dev/null |
        sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z-]*\)\([ =][A-Z.|]*\)\{0,1\} *\(.*\)/\2:\4/p'
}

_headroom() {
    local command=$words[2] word=${words[CURRENT]} before=${words[CURRENT-1]} i
    local -a found

    if ((CURRENT == 2)); then
        found=(${(f)"$(headroom --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1:\2/p')"})
        _describe command found
        return
    fi
    if [[ $command == (run|doctor) ]]; then # behind the options: a command of its own, with its own arguments
        for ((i = 3; i < CURRENT; i++)); do
            case $words[i] in
            --) ((i++)) && break ;;
            -m | --mode | -l | --level) ((i++)) ;;
            -*) ;;
            *) break ;;
            esac
        done
        if ((i < CURRENT)) || [[ $word != -* && $before != (-m|--mode|-l|--level) ]]; then
            shift $((i - 1)) words
            ((CURRENT -= i - 1))
            _normal
            return
        fi
    fi
    case $before in
    -m | --mode) compadd off audit simulate optimize && return ;;
    -l | --level) compadd replay lossless crush && return ;;
    esac
    if [[ $word == -* ]]; then
        found=(${(f)"$(_headroom_options "$command")"})
        _describe -o option found
        return
    fi
    case $command in
    show | diff) compadd ${(f)"$(headroom show 2>/dev/null | sed -n 's/^\([0-9a-f]\{20\}\) .*/\1/p')"} ;;
    simulate | restore | scan | tokens) _files ;;
    *) compadd ${(f)"$(headroom "$command" --help 2>/dev/null | sed -n "/^usage:/,/^\$/s/^\(usage:\)\{0,1\} *headroom $command \([a-z][a-z]*\)\( .*\)\{0,1\}\$/\2/p")"} ;;
    esac
}

_headroom "$@"
