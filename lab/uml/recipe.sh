# recipe.sh: how a lab kernel is made from a linux-source package. Sourced by kernel.sh; the name of the result
# contains the hash of this file, so whatever changes the result belongs here and nothing else does.
# shellcheck shell=sh

# Everything that a kernel build prints about itself is fixed, so that equal inputs give equal kernels.
KBUILD_BUILD_TIMESTAMP='2026-01-01 00:00:00 UTC'
KBUILD_BUILD_USER=sluice
KBUILD_BUILD_HOST=lab
KBUILD_BUILD_VERSION=1
LC_ALL=C
export KBUILD_BUILD_TIMESTAMP KBUILD_BUILD_USER KBUILD_BUILD_HOST KBUILD_BUILD_VERSION LC_ALL

# recipe_unpack DEB TREE: the parts of the source that ARCH=um and Kconfig read. Kconfig reads every architecture's
# crypto menu, so other architectures lose their code only.
recipe_unpack()
{
	mkdir -p "$2" || return 1
	inner=$(dpkg-deb --fsys-tarfile "$1" | tar -tf - | grep 'linux-source-.*\.tar\.xz$') || return 1
	dpkg-deb --fsys-tarfile "$1" | tar -xOf - "$inner" | xz -dc -T0 | tar -x -C "$2" --strip-components=1 \
		--exclude='linux-source-*/arch/[!ux]*/*.[chS]' --exclude='*.dts' --exclude='*.dtsi' \
		--exclude='*.rst' --exclude='*.yaml' --exclude='*.svg' --exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/drivers/net/ethernet/*.[ch]' --exclude='*/drivers/net/wireless/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' --exclude='*/drivers/staging/*.[ch]' \
		--exclude='*/tools/testing/*' --exclude='*/tools/perf/*'
	[ -f "$2/arch/um/Makefile" ] && recipe_fine_clock "$2"
}

# recipe_fine_clock TREE: the guest's clock counts in steps of 256 ns, its timer skips less than 500 ns and then fires 1 ns late, and
# each reading of the clock by a process takes 256 ns, during which timers wait. That is too coarse to measure gaps with. Here
# steps are 1 ns, timers are exact, and only a process that reads the clock over and over at one instant lets time pass, 64
# times as much at each 64th reading: without any, a program that waits for the clock in a loop would run for ever. Only the
# machine's clock changes, nothing of the network.
recipe_fine_clock()
{
	spin='{ static unsigned long long at; static int n; if (at != time_travel_time) { at = time_travel_time; n = 0; }'
	spin="$spin if (++n >= 64) { n = 0; time_travel_update_time_rel(64 * TIMER_MULTIPLIER); } }"
	sed -i -e 's|os_nsecs() / TIMER_MULTIPLIER|os_nsecs()|' -e 's|time_travel_time / TIMER_MULTIPLIER|time_travel_time|' \
		-e 's|NSEC_PER_SEC */ *TIMER_MULTIPLIER|NSEC_PER_SEC|' -e 's|^\tdelta += 1;$|\tdelta += !delta;|' \
		-e "s|time_travel_update_time_rel(TIMER_MULTIPLIER);|$spin|" "$1/arch/um/kernel/time.c"
	sed -i 's/#define TIMER_MIN_DELTA .*/#define TIMER_MIN_DELTA 1/' "$(grep -rl 'define TIMER_MIN_DELTA' "$1/arch/um/include")"
	! grep -q '/ *TIMER_MULTIPLIER' "$1/arch/um/kernel/time.c" && [ "$(grep -c '64 \* TIMER_MULT\|!delta' "$1/arch/um/kernel/time.c")" = 2 ]
}

# recipe_check CONFIG VERSION FRAGMENT...: every option of the fragments stands in CONFIG as written. tinyconfig and
# olddefconfig drop an option silently when a dependency is missing; here it has a name.
recipe_check()
{
	config=$1 version=$2
	shift 2
	cat "$@" | awk -v config="$config" -v version="$version" '
		BEGIN { while ((getline line < config) > 0) { sub(/=.*/, "&", line); n = index(line, "=");
			if (line ~ /^CONFIG_/ && n) set[substr(line, 1, n - 1)] = substr(line, n + 1) } }
		/^# absent / { if (index(version, $3) == 1) for (i = 4; i <= NF; i++) absent["CONFIG_" $i] = 1 }
		/^CONFIG_/ { n = index($0, "="); want[substr($0, 1, n - 1)] = substr($0, n + 1) }
		END {
			for (o in want) {
				have = (o in set) ? set[o] : "n"
				if (have != want[o] && !(o in absent)) {
					printf "kernel.sh: %s: wanted %s=%s, the configuration has %s\n", version, o, want[o], have
					bad = 1
				}
			}
			exit bad
		}' >&2
}

# recipe_configure TREE VERSION FRAGMENT...
recipe_configure()
{
	tree=$1 version=$2
	shift 2
	make -s -C "$tree" ARCH=um tinyconfig >"$tree/configure.log" 2>&1 || return 1
	cat "$@" >>"$tree/.config"
	make -s -C "$tree" ARCH=um olddefconfig >>"$tree/configure.log" 2>&1 || return 1
	recipe_check "$tree/.config" "$version" "$@"
}

# recipe_build TREE JOBS: builds, and prints one line on stdout for every 10 objects so that the caller can show progress.
recipe_build()
{
	{
		make -C "$1" ARCH=um -j"$2" linux modules 2>&1 && make -C "$1" ARCH=um -j"$2" modules_prepare 2>&1
		echo $? >"$1/build.status"
	} | tee "$1/build.log" | awk '/^  CC / && ++n % 10 == 0 { print n; fflush() }'
	[ "$(cat "$1/build.status")" = 0 ]
}

# recipe_prune TREE: what stays is the kernel, what external modules need to build, and checkpatch.
recipe_prune()
{
	(
		cd "$1" || exit 1
		make -s ARCH=um kernelrelease >release || exit 1
		rm -rf Documentation LICENSES block certs crypto drivers fs init io_uring ipc kernel lib mm net rust samples \
			security sound usr virt vmlinux* .vmlinux* .tmp_* built-in*.a modules.* \
			CREDITS MAINTAINERS .mailmap build.status
		find arch -mindepth 1 -maxdepth 1 ! -name um ! -name x86 -exec rm -rf {} +
		find tools -mindepth 1 -maxdepth 1 ! -name include ! -name scripts -exec rm -rf {} +
		find . -name '.*.cmd' -delete
		find arch \( -name '*.[co]' -o -name '*.a' -o -name '*.S' \) -delete
		find . -type d -empty -delete
	)
}
