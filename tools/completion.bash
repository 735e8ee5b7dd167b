# Completion of the headroom command for bash: commands and options as --help lists them, so that nothing is said twice.
_headroom() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} i

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(headroom --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p') --help --version" -- "$word")
        return
    fi
    if [ "$command" = run ] || [ "$command" = doctor ]; then # behind the options: a command of its own, with its own arguments
        for ((i = 2; i < COMP_CWORD; i++)); do
            case ${COMP_WORDS[i]} in
            --) break ;;
            -m | --mode | -l | --level) i=$((i + 1)) ;;
            -*) ;;
            *) break ;;
            esac
        done
        if [ "$i" -lt "$COMP_CWORD" ] || [[ $word != -* && ${COMP_WORDS[COMP_CWORD - 1]} != -[ml] && ${COMP_WORDS[COMP_CWORD - 1]} != --@(mode|level) ]]; then
            mapfile -t COMPREPLY < <(compgen -c -- "$word")
            return
        fi
    fi
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    -m | --mode) [ "$command" = run ] && mapfile -t COMPREPLY < <(compgen -W 'off audit simulate optimize' -- "$word") && return ;;
    -l | --level) [ "$command" = run ] && mapfile -t COMPREPLY < <(compgen -W 'replay lossless crush' -- "$word") && return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$(headroom "$command" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u)" -- "$word") ;;
    *)
        case $command in
        show | diff) mapfile -t COMPREPLY < <(compgen -W "$(headroom show 2>/dev/null | sed -n 's/^\([0-9a-f]\{20\}\) .*/\1/p')" -- "$word") ;;
        simulate | restore | scan | tokens) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$(headroom "$command" --help 2>/dev/null | sed -n "/^usage:/,/^$/s/^\(usage:\)\{0,1\} *headroom $command \([a-z][a-z]*\)\( .*\)\{0,1\}$/\2/p")" -- "$word") ;;
        esac
        ;;
    esac
}
complete -o filenames -F _headroom headroom
