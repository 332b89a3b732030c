#!/bin/sh
# The Debian packages, without installing them: built from a copy of the tree, complete, of one version; what is inside works. Needs
# no root. tests/packaging/root.sh installs them.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=bench/machine.sh
. bench/machine.sh

version=$("$sluice" --version | cut -d' ' -f2)
debs=build/deb
unpacked=build/packaging

# has PACKAGE PATH...: it has them all.
has()
{
	package=$1
	shift
	lacks=
	for path; do
		# shellcheck disable=SC2086 # a pattern on purpose
		ls -d $unpacked/$package/$path >/dev/null 2>&1 || lacks="$lacks $path"
	done
	tap "$([ -z "$lacks" ]; echo $?)" "$package has what it must${lacks:+, but not$lacks}"
}

tap_run "the packages are built" packaging/deb.sh
rm -rf "$unpacked"
for package in sluice sluice-dkms sluice-lab; do
	deb=$(ls "$debs/${package}_$version"_*.deb)
	[ "$(dpkg-deb -f "$deb" Version)" = "$version" ] && mkdir -p "$unpacked/$package" && dpkg-deb -x "$deb" "$unpacked/$package"
	tap $? "$package is of version $version, as user/lib/version.h says"
	[ -z "$(dpkg-deb -c "$deb" | awk '$2 != "root/root"')" ]
	tap $? "$package: all files are root's"
done
# The scripts of the package, on a host of their own: nothing of systemd or of this host is touched.
dpkg-deb -e "$(ls "$debs/sluice_$version"_*.deb)" "$unpacked/control"
mkdir -p "$out/bin" "$out/var/lib/prometheus/node-exporter"
for program in deb-systemd-invoke systemctl sluice; do
	printf '#!/bin/sh\n' >"$out/bin/$program" && chmod +x "$out/bin/$program"
done
sed "s,/var/lib/prometheus,$out&,g" "$unpacked/control/prerm" >"$out/prerm"
touch "$out/var/lib/prometheus/node-exporter/sluice.prom" "$out/var/lib/prometheus/node-exporter/other.prom"
PATH=$out/bin:$PATH sh "$out/prerm" upgrade 1 && [ -e "$out/var/lib/prometheus/node-exporter/sluice.prom" ] &&
	PATH=$out/bin:$PATH sh "$out/prerm" remove && [ "$(ls "$out/var/lib/prometheus/node-exporter")" = other.prom ]
tap $? "removed, it leaves no figures to node_exporter that nobody renews"
# What could not be paced without the module is tried again when it is there, and only then.
dpkg-deb -e "$(ls "$debs/sluice-dkms_$version"_*.deb)" "$unpacked/control-dkms"
sed "s,/usr/,$out&,g;s,/run/systemd/system,$out,g" "$unpacked/control-dkms/postinst" >"$out/postinst"
mkdir -p "$out/usr/src/sluice-$version" "$out/usr/lib/dkms"
cat >"$out/bin/systemctl" <<'END'
#!/bin/sh
[ "$*" != "list-units --failed --plain --no-legend sluice@*.service" ] || printf '%s loaded failed failed Paced\n' 'sluice@br\x2dlan.service'
END
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$out/invoked" >"$out/bin/deb-systemd-invoke"
for code in 1 0; do
	for script in bin/dkms usr/lib/dkms/common.postinst "usr/src/sluice-$version/module-check.sh"; do
		printf '#!/bin/sh\nexit %s\n' $code >"$out/$script" && chmod +x "$out/$script"
	done
	: >"$out/invoked"
	PATH=$out/bin:$PATH sh "$out/postinst" configure 2>/dev/null
	[ $? = 0 ] && [ "$(cat "$out/invoked")" = "$([ $code = 1 ] || printf '%s' 'start sluice@br\x2dlan.service')" ]
	tap $? "devices that waited for the module $([ $code = 1 ] && echo wait on || echo 'are paced')"
done
[ -s "$debs/sluice_$version.dsc" ] && [ -z "$(tar -tf "$debs/sluice_$version.tar.xz" | grep -E '/build/|/\.git/|\.o$')" ]
tap $? "the source package has sources only"

tc_folder=$(dpkg -L iproute2 | sed -n 's,^/\(.*/tc\)/[^/]*\.dist$,\1,p' | head -n 1)
has sluice usr/bin/sluice "$tc_folder/q_sluice.so" lib/systemd/system/sluice@.service 'lib/udev/rules.d/*-sluice.rules' \
	usr/lib/sluice/hotplug usr/share/bash-completion/completions/sluice etc/sluice/default.conf \
	usr/share/doc/sluice/examples/eth0.conf
has sluice-dkms "usr/src/sluice-$version/dkms.conf" "usr/src/sluice-$version/kernel/sch_sluice_main.c" \
	"usr/src/sluice-$version/kernel/compat/compat.mk" "usr/src/sluice-$version/kernel/uapi/sluice.h" "usr/src/sluice-$version/core/clock.h"
has sluice-lab usr/lib/sluice/lab/uml/kernel.sh usr/lib/sluice/lab/uml/boot.sh usr/lib/sluice/build/lab/lab-traffic \
	usr/lib/sluice/build/lab/seed.so usr/lib/sluice/scenarios/six.scenario usr/lib/sluice/kernel/Kbuild
lacks=$(sed -n 's/^Exec[A-Za-z]*=-\{0,1\}\(\/[^ ]*\).*/\1/p' "$unpacked"/sluice/lib/systemd/system/* | sort -u | while read -r program; do
	[ -x "$unpacked/sluice$program" ] || [ "$program" = /bin/sh ] || echo "$program"
done)
[ -z "$lacks" ]
tap $? "the programs that the units start are in the package${lacks:+, but not $lacks}"
lacks=$(for f in docs/man/*.[1-8]; do
	[ -e "$unpacked/sluice/usr/share/man/man${f##*.}/${f##*/}.gz" ] || echo "${f##*/}"
done)
[ -z "$lacks" ]
tap $? "every man page of docs/man"
lacks=$(for f in README.md docs/*.md; do
	ls "$unpacked/sluice/usr/share/doc/sluice/${f##*/}"* >/dev/null 2>&1 || echo "$f"
done)
[ -z "$lacks" ]
tap $? "every document that README and man pages point to${lacks:+, but not $(echo $lacks)}"
for f in docs/man/*.[1-8]; do
	man --warnings -l -E UTF-8 -Tutf8 "$f" 3>&1 >/dev/null 2>&3
done >"$out/warnings"
[ ! -s "$out/warnings" ]
tap $? "man pages are drawn without warnings"
sed 's/^/# /' "$out/warnings"

packed=$unpacked/sluice/usr/bin/sluice
[ "$("$packed" --version)" = "sluice $version" ] && "$packed" status >"$out/said" && [ -s "$out/said" ]
tap $? "the command answers"
[ "$(SLUICE_ROOT=$unpacked/sluice-lab/usr/lib/sluice "$packed" lab list | wc -l)" = "$(ls scenarios/*.scenario | wc -l)" ]
tap $? "the lab finds its scenarios in the package"
TC_LIB_DIR=$unpacked/sluice/$tc_folder tc qdisc add dev lo root sluice help >"$out/said" 2>&1
grep -q '^  codel_interval .*1ms to 1000s' "$out/said"
tap $? "tc takes the plugin"

# DKMS builds from the top of that folder; the newest kernel is the one that differs most from Debian's own tools.
if stock=$(bench/flows/stock.sh newest); then
	(out=$unpacked && module_make "sluice-dkms/usr/src/sluice-$version") 2>"$out/said"
	tap $? "the module's source builds for $(cat "$stock/release")"
	sed 's/^/# /' "$out/said"
	modinfo -F alias "$unpacked/sluice-dkms/usr/src/sluice-$version/kernel/sch_sluice.ko" | grep -qx net-sch-sluice
	tap $? "that kernel loads it by itself when a sluice is made"
	[ "$(modinfo -F version "$unpacked/sluice-dkms/usr/src/sluice-$version/kernel/sch_sluice.ko")" = "$version" ]
	tap $? "the module says its version"
else
	tap 1 "Debian's newest kernel headers"
fi
tap_end
