# terminal.sh: the scope in a terminal. Sourced behind net.sh, when $out is there.
# shellcheck shell=sh disable=SC2154 # variables are from tap.sh and net.sh

mkfifo "$out/keys"
cat >"$out/in_terminal.sh" <<'END'
stty rows 24 cols 80
tty >"$1/tty"
stty -g >"$1/before"
out=$1
shift
sh -c 'echo $$ >"$0"; exec "$@"' "$out/pid" "$@"
echo $? >"$out/code"
stty -g >"$out/after"
END

# terminal WORD...: the scope in a terminal of its own, whose keys are written to descriptor 8; frames are there when this returns.
terminal()
{
	rm -f "$out/pid" "$out/code" "$out/after" "$out/typed"
	TERM=xterm LC_ALL=C.UTF-8 SHELL=/bin/sh ip netns exec "$here" script -qfc "sh $out/in_terminal.sh $out $PWD/$sluice scope $*" \
		"$out/typed" <"$out/keys" >"$out/script" 2>&1 &
	scripted=$!
	net_started $scripted
	exec 8>"$out/keys"
	drawn() { grep -qs 'q quit' "$out/typed"; }
	tap_until drawn
}

# restored CODE CLAIM: it ended with that code and left the terminal as it was.
restored()
{
	ended() { [ -s "$out/after" ]; }
	tap_until ended || kill -s KILL "$(cat "$out/pid")"
	exec 8>&-
	wait $scripted
	[ "$(cat "$out/code")" = "$1" ] && cmp -s "$out/before" "$out/after" && grep -q '\[?1049h' "$out/typed" &&
		grep -q '\[?25h.*\[?1049l' "$out/typed"
	result=$?
	tap $result "in a terminal: $2"
	[ $result = 0 ] || { echo "# exit code $(cat "$out/code"); its last words:"; tail -c 800 "$out/typed" | cat -v | sed 's/^/# /'; }
}
