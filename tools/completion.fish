# Completion of the headroom command for fish: commands and options with their words as --help has them, so that nothing is said twice.

function __headroom_command
    set -l words (commandline -opc)
    echo $words[2]
end

# Does the word stand behind one of these options?
function __headroom_behind
    contains -- (commandline -opc)[-1] $argv
end

# How many words stand before the command of its own that `run` and `doctor` take; fails where the word is none of that command's.
function __headroom_before
    set -l words (commandline -opc)
    contains -- "$words[2]" run doctor; or return 1
    set -l at 3
    while test $at -le (count $words)
        switch $words[$at]
            case --
                echo $at
                return 0
            case -m --mode -l --level
                set at (math $at + 1)
            case '-*'
            case '*'
                break
        end
        set at (math $at + 1)
    end
    if test $at -gt (count $words) # it would be the command's name, or is an option or the value of one
        test $at -eq (math (count $words) + 1); and not string match -q -- '-*' (commandline -ct); or return 1
    end
    math $at - 1
end

function __headroom_commands
    headroom --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1\t\2/p'
end

function __headroom_options
    headroom (__headroom_command) --help 2>/dev/null |
        sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z-]*\)\([ =][A-Z.|]*\)\{0,1\} *\(.*\)/\2\t\4/p'
end

# What stands behind the command's name in its usage: `get` of `headroom config get`.
function __headroom_words
    set -l command (__headroom_command)
    headroom $command --help 2>/dev/null |
        sed -n "/^usage:/,/^\$/s/^\(usage:\)\{0,1\} *headroom $command \([a-z][a-z]*\)\( .*\)\{0,1\}\$/\2/p"
end

complete -c headroom -f
complete -c headroom -n __fish_use_subcommand -a '(__headroom_commands)'
complete -c headroom -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -a '(__headroom_options)'
complete -c headroom -n '__fish_seen_subcommand_from show diff' -a '(headroom show 2>/dev/null | sed -n "s/^\([0-9a-f]\{20\}\) .*/\1/p")'
complete -c headroom -n '__fish_seen_subcommand_from simulate restore scan tokens' -F
complete -c headroom -n 'not __fish_use_subcommand; and not __fish_seen_subcommand_from run doctor show diff simulate restore scan tokens' -a '(__headroom_words)'
complete -c headroom -n '__fish_seen_subcommand_from run; and __headroom_behind -m --mode' -a 'off audit simulate optimize'
complete -c headroom -n '__fish_seen_subcommand_from run; and __headroom_behind -l --level' -a 'replay lossless crush'
complete -c headroom -n '__headroom_before >/dev/null' -a '(__fish_complete_subcommand --fcs-skip=(__headroom_before))'
