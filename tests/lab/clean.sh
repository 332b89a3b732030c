#!/bin/sh
# Nothing is left behind: no directory and no process, after a run, after Ctrl-C and after a failure.
# shellcheck disable=SC2317 # functions are called by tap_run
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

mkdir "$out/tmp"
export TMPDIR="$out/tmp"

# Processes that work in a directory below TMPDIR.
left()
{
	for p in /proc/[0-9]*; do
		case $(readlink "$p/cwd" 2>/dev/null) in
		"$out"/*) echo "${p#/proc/}" ;;
		esac
	done
}

is_clean() { [ -z "$(ls -A "$out/tmp")" ] && [ -z "$(left)" ]; }

tap_run "a run works" "$sluice" lab run six --policy fq --set seconds=0.5
tap_run "a run leaves nothing behind" is_clean

# Landlock keeps a guest that mounts the host's files by itself from writing there.
if perl -e 'exit(syscall(444, 0, 0, 1) < 1)'; then
	cat >"$out/bad.scenario" <<-TEXT
		seconds 0.1
		policy fq qdisc fq
		flow program run "mkdir /run/x && mount -t hostfs -o / none /run/x && [ -d /run/x$out ] || exit 1; echo >/run/x$out/written; true"
	TEXT
	tap_run "a guest that mounts the host's files runs" "$sluice" lab run "$out/bad.scenario"
	tap_run "and changes none of them" test ! -e "$out/written"
fi

# Where nothing in /dev/shm may be run, as in containers and on hardened hosts.
if unshare -rm true 2>/dev/null; then
	tap_run "a run works where /dev/shm is mounted noexec" unshare -rm sh -c \
		'mount -t tmpfs -o noexec,size=3g shm /dev/shm && exec "$@"' sh "$sluice" lab run six --policy fq --set seconds=0.5
fi

# Captures that a full disk does not take: none of the run is there then, and what was there before stays.
if unshare -rm true 2>/dev/null; then
	mkdir "$out/full"
	cat >"$out/full.sh" <<-'TEXT'
		full=$1
		shift
		mount -t tmpfs -o size=2m full "$full" && echo before >"$full/fq-seed1-port.pcap" || exit 9
		"$@" --pcap "$full" >"$full.said" 2>&1
		echo "$? $(cd "$full" && echo *) $(cat "$full/fq-seed1-port.pcap")"
	TEXT
	unshare -rm sh "$out/full.sh" "$out/full" "$sluice" lab run six --policy fq --set seconds=0.5 >"$out/words"
	[ "$(cat "$out/words")" = "1 fq-seed1-port.pcap before" ] && grep -q 'cannot be written: No space left on device' "$out/full.said"
	tap $? "captures into a full disk: exit code 1, none of them is there ($(cat "$out/words"))"
	tap_run "and nothing is left behind" is_clean
fi

# Nor on the screen: a line that is too long for it could not be written over.
TERM=xterm script -qec "stty cols 40; $sluice lab run six --policy fq --set seconds=0.5" /dev/null </dev/null |
	tr '\r' '\n' | sed -n 's/^.\[Klab/lab/p' >"$out/words"
[ -s "$out/words" ] && ! grep -q '.\{40\}' "$out/words"
tap $? "what is said of a run's progress fits a narrow terminal"

for signal in TERM QUIT; do
	"$sluice" lab run six --policy fq --set seconds=300 >"$out/words" 2>&1 &
	pid=$!
	until [ -n "$(find "$out/tmp" -name progress)" ] || ! kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
	done
	kill -s "$signal" "$pid"
	wait "$pid"
	[ $? = 130 ]
	tap $? "$signal: an interrupted run ends with 130"
	tap_run "$signal: an interrupted run leaves nothing behind" is_clean
	tap_run "$signal: an interrupted run says so" grep -q "interrupted" "$out/words"
done

# start: a long run in the background, whose number is in pid, until its guest is under way.
start()
{
	"$sluice" lab run six --policy fq --set seconds=300 >"$out/words" 2>&1 &
	pid=$!
	until [ -n "$(find "$out/tmp" -newer "$out/started" -name progress)" ] || ! kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
	done
}

# A command that was killed can remove nothing. The next one does, and leaves alone what is in use and what nobody says is the lab's.
touch "$out/started"
start
kill -KILL "$pid"
wait "$pid" 2>/dev/null
dead=$(ls "$out/tmp")
while [ -n "$(left)" ]; do sleep 0.1; done
tap_run "KILL: a directory is left behind" test -d "$out/tmp/$dead"
touch "$out/started"
start
alive=$(ls "$out/tmp")
tap_run "KILL: the next run removes it" test "$alive" != "$dead" -a -d "$out/tmp/$alive"
mkdir "$out/tmp/sluice-lab-others"
"$sluice" lab run six --policy fq --set seconds=0.2 >"$out/words" 2>&1
[ $? = 0 ] && [ "$(ls "$out/tmp")" = "$(printf '%s\n' "$alive" sluice-lab-others | sort)" ]
tap $? "KILL: but not that of a run under way, nor another's"
kill -s TERM "$pid"
wait "$pid"
rmdir "$out/tmp/sluice-lab-others"
tap_run "KILL: in the end nothing is left behind" is_clean

# A disk that fills up meanwhile is why a run fails, and what it would write beyond all measure is said before.
if unshare -rm true 2>/dev/null; then
	# The run takes some ten times as long as the filling.
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -rm sh -c 'mount -t tmpfs -o size=1200m tmp "$TMPDIR" && cd "$TMPDIR" || exit
		"$1" lab run six --policy fq --set seconds=30 2>&1 & pid=$!
		until [ -n "$(find . -name progress)" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
		head -c 1300000000 /dev/zero >fill 2>/dev/null
		wait $pid; echo "exit $?"' sh "$PWD/$sluice" >"$out/words"
	grep -q '^sluice lab: policy fq, seed 1: the guest failed: there is no space left at .*: free some, or set TMPDIR$' "$out/words" &&
		[ "$(tail -n 1 "$out/words")" = "exit 1" ]
	tap $? "a disk that is full is said to be"
	sed 's/^/# /' "$out/words"
fi
"$sluice" lab run six --policy fq --set "flow=udp rate 1gbit size 24" --set seconds=3600 >"$out/words" 2>&1
[ $? = 1 ] && [ "$(wc -l <"$out/words")" = 1 ] && grep -q 'MB free and this needs about 252[0-9]\{5\} MB: free some' "$out/words"
tap $? "a flood of small datagrams is known to need space"

# A download that is interrupted: with an apt-get that never comes to its end.
mkdir "$out/bin"
cat >"$out/bin/apt-get" <<'END'
#!/bin/sh
case "$*" in
indextargets*) echo 'Packages http://localhost/debian main Debian' ;;
*download*) echo half >half.deb; sleep 60 ;;
esac
END
printf '#!/bin/sh\ncase "$*" in *pkgnames*) echo linux-source-9.9 ;; *) echo "Version: 9.9-1" ;; esac\n' >"$out/bin/apt-cache"
chmod +x "$out/bin/apt-get" "$out/bin/apt-cache"
PATH=$out/bin:$PATH SLUICE_CACHE=$out/cache setsid sh lab/uml/kernel.sh fetch newest 2>"$out/words" &
pid=$!
until [ -n "$(find "$out/cache" -name half.deb 2>/dev/null)" ] || ! kill -0 "$pid" 2>/dev/null; do
	sleep 0.1
done
kill -s TERM -- "-$pid"
wait "$pid"
[ $? = 130 ] && [ -d "$out/cache/source" ] && [ -z "$(ls "$out/cache/source")" ]
tap $? "an interrupted download leaves nothing behind"

# as the host does when memory is short
"$sluice" lab run six --policy fq --set seconds=300 >"$out/words" 2>&1 &
pid=$!
until [ -n "$(find "$out/tmp" -name progress)" ] || ! kill -0 "$pid" 2>/dev/null; do
	sleep 0.1
done
kill -KILL "$(cat "$out/tmp"/*/*/uml.pid)"
wait "$pid"
tap_run "a guest that was killed did not last too long" grep -q "the guest was killed after [0-9]* s" "$out/words"
tap_run "and leaves nothing behind" is_clean

# a qdisc that does not exist lets the guest's plan fail
"$sluice" lab run six --set "policy=bad qdisc nosuchqdisc" --policy bad >"$out/words" 2>&1
[ $? = 1 ]
tap $? "a run that fails ends with 1"
tap_run "a run that fails says why in one line" sh -c "grep -q 'policy bad, seed 1' '$out/words' && [ \$(wc -l <'$out/words') = 1 ]"
tap_run "a run that fails leaves nothing behind" is_clean

# why SET REASON: a run of six with that change fails, and says the reason and not only what came of it.
why()
{
	"$sluice" lab run six --policy bad --set "policy=bad qdisc fq" --set "$1" >"$out/words" 2>&1
	[ $? = 1 ] && [ "$(wc -l <"$out/words")" = 1 ] && grep -qF -- "$2" "$out/words" && ! grep -q Success "$out/words"
	tap $? "a run that fails says why: $2"
	sed 's/^/# /' "$out/words"
}
why "policy=bad qdisc nosuchqdisc" "Specified qdisc kind is unknown"
why "policy=bad qdisc \"fq nonsense\"" 'What is "nonsense"?'
why cc=nosuch "congestion control nosuch is not in this kernel (No such file or directory); lab guest: the sender of flow 1 failed"
why "flow=program run false peer true" "the sender of flow 1 failed"
tap_end
