#!/bin/sh
# fresh.sh: tries ./demo and ./check in a bare Debian 12, as TAP. Needs root, debootstrap and the package mirror, 6 GB below
# ${TMPDIR:-/var/tmp} and about half an hour. Mounts and processes live in namespaces of their own and end with it.
#   fresh.sh [demo|check|all]
set -u
cd -- "$(dirname -- "$0")/.." || exit 1
# shellcheck source=lab/root.sh
. lab/root.sh

what=${1:-all}
demo_limit_s=480 again_limit_s=90 check_limit_s=1500

fail() { echo "fresh.sh: $2" >&2; exit "$1"; }

number=0 bad=0
result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; bad=1; fi
}

# refuses NAME COMMAND...: exit code 3 and exactly one line of complaint.
refuses()
{
	name=$1
	shift
	root_within "$root" "$@" >/dev/null 2>"$tmp/said"
	[ $? = 3 ] && [ "$(wc -l <"$tmp/said")" = 1 ]
	result $? "$name: $(tail -n 1 "$tmp/said")"
}

# passes NAME LIMIT_S COMMAND...
passes()
{
	name=$1 limit_s=$2
	shift 2
	began=$(date +%s)
	root_within "$root" "$@" 2>&1 | sed -u 's/^/# /'
	took=$(($(date +%s) - began))
	[ -e "$root/root/passed" ] && [ "$took" -le "$limit_s" ]
	result $? "$name: $took s, at most $limit_s"
	rm -f "$root/root/passed"
}

# What a run could leave on the host.
left() { ip -o link 2>/dev/null | cut -d: -f2; tc qdisc 2>/dev/null; ip netns 2>/dev/null; ls /dev/shm; }

case $what in demo | check | all) ;; *) sed -n '4s/^# *//p' "$0" >&2; exit 2 ;; esac
[ "$(id -u)" = 0 ] || fail 3 "no root: debootstrap and chroot need it"
command -v debootstrap >/dev/null || fail 3 "debootstrap is missing; install it with apt-get install debootstrap"
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/sluice-fresh.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root=$tmp/root net=

echo "# installing a bare Debian 12 in $root"
root_make bookworm "$root" "$tmp/log" || { tail -n 3 "$tmp/log" >&2; fail 1 "debootstrap failed"; }
mkdir "$root/root/sluice"
git ls-files -co --exclude-standard -z | tar --null -c -T - | tar -x -C "$root/root/sluice" || fail 1 "cannot copy the repository"
left >"$tmp/before"

net=--net
refuses "demo without a network says so" sh -c 'cd /root/sluice && ./demo'
net=
chmod 755 "$root/root"
refuses "demo without root says so" setpriv --reuid=65534 --regid=65534 --clear-groups env SLUICE_CACHE=/tmp/cache sh -c 'cp -r /root/sluice /tmp/s && cd /tmp/s && ./demo'
rm -rf "$root/tmp/s" "$root/tmp/cache"
if [ "$what" != check ]; then
	passes "demo" $demo_limit_s sh -c 'cd /root/sluice && ./demo && touch /root/passed'
	net=--net
	passes "demo again, without a network" $again_limit_s sh -c 'cd /root/sluice && ./demo && touch /root/passed'
	net=
fi
if [ "$what" != demo ]; then
	passes "check" $check_limit_s sh -c 'cd /root/sluice && ./check && touch /root/passed'
fi
left >"$tmp/after"
diff "$tmp/before" "$tmp/after" >"$tmp/diff"
result $? "nothing is left on the host"
sed 's/^/# /' "$tmp/diff"
echo "1..$number"
exit $bad
