# shellcheck shell=bash
#
# How the scripts of this folder begin; sourced by them, never run by itself. Sets here and root, and brings what
# scripts/prerequisites.sh and scripts/llama-programs.sh have.

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-programs.sh
. "$root/scripts/llama-programs.sh"

# read_words "PLACES" "OPTIONS" "$@": sets the caller's variables. Words go into PLACES in turn; `--max-tokens 8` sets
# max_tokens if it is one of OPTIONS, and `--bf16` sets bf16 to yes if `bf16!` is. --yes answers every question, and
# --help prints the head of the script.
read_words() {
    local places options=" $2 " name
    read -ra places <<<"$1"
    shift 2
    while [ $# -gt 0 ]; do
        name=${1#--}
        case $1 in
            --yes) export CI=true ;;
            -h | --help)
                sed -n '3,${/^#/!q;s/^# \{0,1\}//p;}' "$0"
                exit
                ;;
            -*)
                if [[ $options = *" $name "* ]]; then
                    [ $# -ge 2 ] || refuse "$1 needs a value" 2
                    printf -v "${name//-/_}" %s "$2" && shift
                elif [[ $options = *" $name! "* ]]; then
                    printf -v "${name//-/_}" yes
                else
                    options=${options//!/} options=${options# }
                    refuse "there is no option $1; there are --${options// /, --}yes and --help" 2
                fi
                ;;
            *)
                [ ${#places[@]} -gt 0 ] || refuse "'$1' is one word too many" 2
                printf -v "${places[0]}" %s "$1"
                places=("${places[@]:1}")
                ;;
        esac
        shift
    done
}

# whole_path WORD WHAT: the path of that file from the root; refuses what is no file.
whole_path() {
    [ -f "$1" ] || refuse "give the path of $2, not '$1'" 2
    printf '%s\n' "$(cd -- "$(dirname -- "$1")" && pwd -P)/$(basename -- "$1")"
}

# prepare NAME…: builds whet and these programs of llama.cpp.
prepare() {
    require_rust "$root"
    require "compiler make cmake libclang python pip"
    "$root/whet" --version >&2
    build_programs "$@"
}

# empty_folder NAME: the path of a folder in target/ that has nothing in it.
empty_folder() {
    rm -rf -- "$root/target/$1"
    mkdir -p -- "$root/target/$1"
    printf '%s\n' "$root/target/$1"
}
