#!/bin/sh
# Makes deploy/secrets/ for compose.yml: asks for the three keys, and makes up the rest. What is there stays.
# The files can be read by everybody, since the containers run as nobody, but the folder lets only you in.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"

keep() { # NAME, the value on standard input
    [ -s "$folder/$1" ] && return
    tr -d '\r\n' >"$folder/$1"
    [ -s "$folder/$1" ] || { rm "$folder/$1"; echo "$1 must not be empty" >&2; exit 1; }
    chmod 644 "$folder/$1"
}

ask() { # NAME, what it is
    [ -s "$folder/$1" ] && return
    printf '%s: ' "$2" >&2
    [ -t 0 ] && stty -echo
    IFS= read -r value || true
    [ -t 0 ] && { stty echo; echo >&2; }
    printf '%s' "$value" | keep "$1"
}

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_'; }

ask slack_bot_token "Bot User OAuth Token (xoxb-…)"
ask slack_app_token "App-level token (xapp-…)"
ask baseten_api_key "Baseten API key"
random | keep joblogs_encryption_keys
random | tr -d '=' | keep postgres_password
printf 'postgresql://joblogs:%s@database/joblogs' "$(cat "$folder/postgres_password")" | keep database_url
echo "The secrets lie in $folder." >&2
