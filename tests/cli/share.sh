#!/bin/sh
# share.sh: rates as shares of the link's speed, on devices of a network namespace of its own. Needs neither root nor the module.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
if [ "${1:-}" != inside ]; then
	exec unshare --user --map-root-user --net "$0" inside
fi

# shellcheck source=tests/tap.sh
. tests/tap.sh
export LC_ALL=C.UTF-8
json_check=build/tests/json-check

# A veth has 10 Gbit/s, whatever it does; loopback tells no speed.
ip link add one type veth peer name far1 && ip link set one up && ip link set far1 up &&
	ip link add two numtxqueues 2 type veth peer name far2 && ip link set far2 up &&
	ip link set lo up
tap $? "the devices are made"

# says CODE TEXT WORD...: `sluice on WORD... --dry-run` ends with CODE, and says the text
says()
{
	wanted=$1 text=$2
	shift 2
	"$sluice" on "$@" --dry-run >"$out/said" 2>&1
	code=$?
	[ "$code" = "$wanted" ] && grep -qF -- "$text" "$out/said"
	tap $? "on $*: $text"
	[ "$wanted" = 0 ] || tap "$(($(wc -l <"$out/said") != 1))" "in one sentence"
}
says 0 "# one: rate 9.25gbit is 92.5% of its link's 10gbit" one rate 92.5%
says 0 "tc qdisc replace dev one root sluice rate 9.25gbit maxrate 30mbit" one rate 92.5% maxrate 0.3%
says 3 "sluice on: lo: 'rate 50%' needs the speed of the link, which the driver does not tell: say a rate, as 'rate 926mbit'" lo rate 50%
says 1 "sluice on: two: 'rate 50%' needs the speed of the link, which is down: bring it up (is it 'ip link set two up', or the cable?)" two rate 50%
says 3 "lo: 'rate 50%' needs" one lo rate 50%
# Ports of a bridge are not alike, as the members of a bond are.
ip link add br0 type bridge && ip link set one master br0 && ip link set two master br0
says 1 "two: 'rate 93%' needs the speed of the link, which is down" br0 rate 93%
ip link set one nomaster && ip link set two nomaster
ip link set two up
says 0 ":2 sluice rate 5gbit" two rate 50%

"$sluice" on one rate 92.5% --dry-run --json >"$out/json" && "$json_check" <"$out/json" &&
	grep -q '"rate_bytes_ps": 1156250000' "$out/json" && grep -q '"link_ppm": 925000' "$out/json" &&
	grep -q '"link_bits_ps": 10000000000' "$out/json"
tap $? "on --dry-run --json has both, the share and the rate"
"$sluice" on one rate 1gbit --dry-run --json | grep -q link_shares
tap $((! $?)) "a plain rate has no share"

mkdir "$out/conf"
echo 'rate 50%' >"$out/conf/one.conf"
echo 'maxrate 10%' >"$out/conf/default.conf"
"$sluice" apply "$out/conf/one.conf" --dry-run >"$out/said"
grep -qF 'rate 5gbit overhead 24 maxrate 1gbit' "$out/said" && grep -qF "# one: maxrate 1gbit is 10% of its link's 10gbit" "$out/said"
tap $? "apply: files take shares, too"
tap_end
