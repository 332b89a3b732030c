#!/bin/sh
# odd.sh: words that come twice, files that are none, devices below one name. In a network namespace of its own; needs neither root nor
# the module.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
if [ "${1:-}" != inside ]; then
	exec unshare --user --map-root-user --net "$0" inside
fi

# shellcheck source=tests/tap.sh
. tests/tap.sh
export LC_ALL=C.UTF-8
ip link add br0 type bridge && ip link add one type veth peer name far1 && ip link add two type veth peer name far2 &&
	ip link set one master br0 && ip link set two master br0
tap $? "the devices are made"

# says CODE TEXT WORD...: `sluice WORD...` ends with CODE within 10 s, in one sentence with the text
says()
{
	wanted=$1 text=$2
	shift 2
	timeout 10 "$sluice" "$@" >"$out/stdout" 2>"$out/stderr" </dev/null
	code=$?
	[ "$code" = "$wanted" ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -qF -- "$text" "$out/stderr"
	tap $? "$*: $text"
	[ "$code" = "$wanted" ] || echo "# exit code $code: $(cat "$out/stderr")"
}

# ---- twice ----

"$sluice" status --json --json | grep -qx '\[\]'
tap $? "status --json --json is as status --json"
says 1 "lo: it is not paced" off lo lo --json --json
says 2 "verify: --for is given twice" verify lo --for 100ms --for 200ms
says 2 "monitor: --count is given twice" monitor --count 1 --count 2
says 2 "burst-test: --max is given twice" burst-test --max 1 --max 2 --dry-run
"$sluice" on br0 --no-module --dry-run >"$out/stdout"
[ "$(grep -c '^ip link set dev br0 gso_max_segs 1$' "$out/stdout")" = 1 ] && [ "$(grep -c '^ip link set ' "$out/stdout")" = 3 ]
tap $? "on --no-module of a bridge: its own super-packets are bounded once"

# ---- names that a shell would obey ----

ip link add 'a;b' type veth peer name "c'd"
"$sluice" on 'a;b' "c'd" --no-module --dry-run >"$out/stdout"
[ "$(sed -n 's/^tc qdisc replace dev \(.*\) root .*/\1/p' "$out/stdout" | tr '\n' ' ')" = "'a;b' 'c'\''d' " ] &&
	[ "$(sed -n 's/^ip link set dev \(.*\) gso_max_segs 1$/\1/p' "$out/stdout" | tr '\n' ' ')" = "'a;b' 'c'\''d' " ]
tap $? "on --dry-run: a device's name is one word of its commands"

# ---- below one name ----

"$sluice" off br0 one >"$out/stdout" 2>"$out/stderr"
[ $? = 1 ] && [ "$(cut -d : -f 2 "$out/stderr" | tr -d '\n')" = " one two" ]
tap $? "off of a bridge that is not paced: each of its ports is named once"

# Two files for one port that do not say the same: each of them alone is refused as both are, so no two units take turns.
mkdir "$out/both"
printf '# the port\nrate 1gbit\n' >"$out/both/one.conf"
printf 'maxrate 30mbit\nrate 2gbit\n' >"$out/both/br0.conf"
both="$out/both/one.conf:2 and $out/both/br0.conf:2 both pace one, with different options (rate): make them alike, or keep one of the files"
says 2 "$out/both/br0.conf:2 and $out/both/one.conf:2 both pace one" apply "$out/both/br0.conf" "$out/both/one.conf" --dry-run
says 2 "$both" apply "$out/both/one.conf" --dry-run
says 2 "$both" apply --follow "$out/both/one.conf"
says 2 "$out/both/br0.conf:2 and $out/both/one.conf:2 both pace one" apply --follow "$out/both/br0.conf"
printf 'rate 1gbit\n' >"$out/both/br0.conf"
"$sluice" apply "$out/both/one.conf" --dry-run >"$out/stdout" && "$sluice" apply "$out/both/br0.conf" --dry-run >"$out/stdout"
tap $? "files that say the same are no hindrance"
echo 'module no' >"$out/both/br0.conf"
says 2 "$out/both/one.conf and $out/both/br0.conf:1 both pace one, with different options (module)" apply "$out/both/one.conf" --dry-run
printf 'rate 2gbit\nnosuch 1\n' >"$out/both/br0.conf"
"$sluice" apply "$out/both/one.conf" --dry-run >"$out/stdout"
tap $? "nor is a mistake in another file, which is said when that is applied"
echo 'rate 2gbit' >"$out/both/br0.conf"
mv "$out/both/br0.conf" "$out/both/nosuch0.conf"
"$sluice" apply "$out/both/one.conf" --dry-run >"$out/stdout"
tap $? "nor one of a device that is not here"

# ---- files ----

mkfifo "$out/one.conf"
says 2 "one.conf: it is a pipe, a socket or a device: this must be a file" apply "$out/one.conf" --dry-run
rm "$out/one.conf"
ln -s /dev/zero "$out/one.conf"
says 2 "one.conf: it is a pipe, a socket or a device: this must be a file" apply "$out/one.conf" --dry-run
rm "$out/one.conf"
mkdir "$out/one.conf"
says 1 "one.conf cannot be read: Is a directory" apply "$out/one.conf" --dry-run
rmdir "$out/one.conf"
ln -s one.conf "$out/one.conf"
says 1 "one.conf cannot be read: Too many levels of symbolic links" apply "$out/one.conf" --dry-run
rm "$out/one.conf"
printf 'rate\t1gbit # no end of the line' >"$out/one.conf"
mkfifo "$out/default.conf"
says 2 "default.conf: it is a pipe" apply "$out/one.conf" --dry-run
rm "$out/default.conf"
"$sluice" apply "$out/one.conf" --dry-run | grep -q '^tc qdisc replace dev one root sluice rate 1gbit '
tap $? "a file without an end of its last line"
printf '\357\273\277rate 2gbit\r\n# with the line ends of others\r\n' >"$out/one.conf"
"$sluice" apply "$out/one.conf" --dry-run | grep -q '^tc qdisc replace dev one root sluice rate 2gbit '
tap $? "one that was written elsewhere: a mark at its beginning, CR at its line ends"
echo 'Module no' >"$out/one.conf"
says 2 "one.conf:1: there is no option 'Module': use one of rate, overhead, maxrate, gain, gain_ss, burst, train, limit, flow_limit, horizon, offload_horizon, gap_frames, timer_slack, forward, smooth, ce_threshold, codel_target, codel_interval, or module" apply "$out/one.conf"
says 2 "'' is no file" apply ''
tap_end
