#!/bin/sh
# follow.sh: sluice apply --follow of what cannot be paced: what is said, how often, and when it ends. In a network namespace of its
# own; what is tried again and then paced is in tests/fault/plan-place.sh. Needs neither root nor the module.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
if [ "${1:-}" != inside ]; then
	exec unshare --user --map-root-user --net --mount "$0" inside
fi
mount -t tmpfs run /run || exit 1

# shellcheck source=tests/tap.sh
. tests/tap.sh
export LC_ALL=C.UTF-8
follow=
trap 'kill ${follow:+"$follow"} 2>/dev/null; rm -rf "$out"' EXIT
conf=$out/conf
mkdir "$conf"

# begin WORD...: in the background
begin()
{
	: >"$out/said"
	: >"$out/out"
	"$sluice" apply --follow "$@" >"$out/out" 2>"$out/said" &
	follow=$!
}
# says N TEXT: soon there are N lines, and the last but the hint is this one
says()
{
	has_said() { [ "$(grep -vc 'is tried again' "$out/said")" = "$1" ] && grep -v 'is tried again' "$out/said" | tail -n 1 | grep -qF -- "$2"; }
	tap_until has_said "$1" "$2"
}
# ends CODE: as it was told to, or by itself
ends()
{
	wait "$follow"
	code=$?
	follow=
	[ $code = "$1" ]
}
# wakes: how often it has slept
wakes() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$follow/status"; }
# sleeps: it has settled, and does not wake by itself
sleeps()
{
	sleep 3
	before=$(wakes)
	sleep 3
	[ -n "$before" ] && [ "$(wakes)" = "$before" ]
}

echo 'rate 50%' >"$conf/late0.conf"
begin "$conf/late0.conf"
says 1 "there is no device 'late0' here"
tap $? "a device that is not here yet: it stays, and says so"
before=$(wakes)
sleep 4
[ "$(grep -c late0 "$out/said")" = 1 ] && [ -n "$before" ] && [ "$(wakes)" -gt "$before" ]
tap $? "it tries again, and the same reason is said once"
[ "$(grep -c 'is tried again' "$out/said")" = 1 ]
tap $? "that it tries again is said once"
ip link add late0 type veth peer name late1
says 2 "late0: 'rate 50%' needs the speed of the link, which is down"
tap $? "the device comes: the next reason is said"
sleeps
tap $? "for a link that is down there is no timer"
printf 'rate 50%%\nnosuch 1\n' >"$conf/late0.conf"
ip link set late0 up && ip link set late1 up
says 3 "late0.conf:2: there is no option 'nosuch'"
tap $? "a file that was made wrong meanwhile is said"
sleeps
tap $? "and there is no timer for it"
kill "$follow"
ends 0
tap $? "it ends well when it is told to"

begin "$conf/late0.conf"
ends 2
tap $? "a file that is wrong at the start ends it with 2"
begin "$conf/nosuch.conf"
ends 1 && [ "$(wc -l <"$out/said")" = 1 ]
tap $? "one that is not there ends it with 1, in one sentence"
echo 'rate 1gbit' >"$conf/nosuch.conf"
begin "$conf/nosuch.conf"
ends 1 && [ "$(wc -l <"$out/said")" = 1 ]
tap $? "without a share, or a device with ports, it ends as without --follow"

# Another command has the lock.
mkdir -p /run/sluice
flock --close /run/sluice/lock sleep 60 &
holder=$!
while flock --nonblock /run/sluice/lock true; do sleep 0.1; done
echo 'rate 1gbit' >"$conf/late0.conf"
echo 'rate 50%' >"$conf/late1.conf"
begin "$conf/late0.conf" "$conf/late1.conf"
tap_until tap_catches "$follow" 15
sleep 2
kill "$follow"
ended() { ! grep -qs '^State:[^Z]*$' "/proc/$follow/status"; }
tap_until ended
kill -s KILL "$follow" 2>/dev/null
ends 0 && [ ! -s "$out/said" ]
tap $? "it ends also while it waits for another command, and has nothing to say"
kill "$holder"

ip link add br0 type bridge
: >"$conf/br0.conf"
begin "$conf/br0.conf"
says 1 "br0: this bridge has no port to pace: add one first" && ! grep -q 'is tried again' "$out/said"
tap $? "a bridge without ports: it stays, and waits for one"
ip link set late1 master br0
tried() { [ "$(cat "$out/said" "$out/out" | wc -l)" -ge 2 ]; }
tap_until tried
tap $? "a port comes: it is tried"
kill "$follow"
ends 0
tap $? "that ends well, too"
tap_end
