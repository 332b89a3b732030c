#!/bin/sh
# run.sh VERSION FLAVOUR: loads the KUnit suites into a lab kernel and prints each of their cases as TAP. A case fails too when
# the kernel warned about anything.
set -u
version=$1 flavour=$2
kernel=$(lab/uml/kernel.sh build "$version" "$flavour") || exit 1
kernel=${kernel##*"
"}
modules=$(lab/uml/kernel.sh modules "$version" "$flavour") || exit 1
modules=${modules##*"
"}
run=$(mktemp -d "${TMPDIR:-/tmp}/sluice-kunit.XXXXXX") || exit 1
trap 'rm -rf "$run"' EXIT
trap 'exit 1' INT TERM
mkdir "$run/bin" "$run/modules"
cp build/lab/lab-traffic "$run/bin/"
cp "$modules"/*.ko "$run/modules/"
cat >"$run/plan" <<'PLAN'
#!/bin/sh
for suite in core qdisc; do
	lab-traffic insmod "/run/lab/modules/sluice_${suite}_kunit.ko" || exit 1
done
[ ! -e /sys/kernel/debug/kmemleak ] || {
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
}
exit 0
PLAN
chmod +x "$run/plan"
lab/uml/boot.sh "$kernel" "$run" 1 >&2 || { cat "$run/plan.log" "$run/console.log" >&2; }

sed -E "s/^(<[0-9]+>)?(\[ *[0-9.]+\] )?//" "$run/dmesg" >"$run/ktap"
awk -v name="$version $flavour" '
	/^ +(not )?ok [0-9]+ / { sub(/^ +/, ""); status = $1 == "not" ? "not ok" : "ok"; line[++n] = status " " n " - " name ": " $NF }
	/EXPECTATION FAILED|ASSERTION FAILED/ { print > "/dev/stderr"; shown = 4 }
	shown-- > 0 { print > "/dev/stderr" }
	END { for (i = 1; i <= n; i++) print line[i]; print n > "'"$run/count"'" }
' "$run/ktap"
count=$(cat "$run/count")
expected=$(grep -h 'KUNIT_CASE(' kernel/tests/*.c | wc -l)
if [ "$count" = "$expected" ]; then
	echo "ok $((count + 1)) - $version $flavour: all $expected cases ran"
else
	echo "not ok $((count + 1)) - $version $flavour: $count of $expected cases ran"
	tail -n 30 "$run/dmesg" >&2
fi
if grep -nE 'WARNING|BUG|Oops|KASAN|UBSAN|suspicious|unreferenced|INFO: ' "$run/dmesg" "$run/plan.log" >&2; then
	echo "not ok $((count + 2)) - $version $flavour: P9: the kernel has nothing to complain about"
else
	echo "ok $((count + 2)) - $version $flavour: P9: the kernel has nothing to complain about"
fi
echo "1..$((count + 2))"
