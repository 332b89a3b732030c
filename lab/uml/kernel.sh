#!/bin/sh
# kernel.sh: the lab's kernels, and Sluice's modules for them.
#
#   kernel.sh build VERSION [FLAVOUR]     fetch, configure and build; the last line on stdout is the kernel's directory
#   kernel.sh dir VERSION [FLAVOUR]       print that directory if the kernel is built already, else exit 1
#   kernel.sh modules VERSION [FLAVOUR]   build the modules of kernel/ for it; the last line on stdout is their directory
#   kernel.sh current DIR                 exit 1 if the modules in that directory are of other sources than kernel/ and core/ are now
#   kernel.sh fetch VERSION               only fetch the source package
#   kernel.sh update                      ask the mirror again which version is the newest
#   kernel.sh path DIR                    say so if nothing can be built in a folder of that name
#   kernel.sh mirror                      print where this system gets its Debian packages from
#
# VERSION is 6.1, 6.12 or newest; FLAVOUR is plain (default) or debug. Sources are the distribution's linux-source
# packages, fetched with private package lists: the system's own are read for the mirror's address and left alone.
# Built kernels are kept in ${SLUICE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/sluice}, under a name that contains the hash of all
# that went in. SLUICE_LAB_JOBS sets how many compilers run at once (default: the number of processors).

set -u
# Called by a make, its flags (silence, its own count of jobs) are not for the kernel's. Nor is what would make another kernel of
# the same name.
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS
unset KCFLAGS KCPPFLAGS KAFLAGS LLVM LLVM_IAS CROSS_COMPILE KBUILD_OUTPUT KCONFIG_CONFIG KCONFIG_ALLCONFIG HOSTCFLAGS HOSTLDFLAGS
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
jobs=${SLUICE_LAB_JOBS:-$(nproc)}
work=''
builder=''
# shellcheck source-path=SCRIPTDIR source=recipe.sh
. "$here/recipe.sh"

fail() { echo "kernel.sh: $*" >&2; exit 1; }
missing() { echo "kernel.sh: $*" >&2; exit 3; }
say() { echo "kernel: $*" >&2; }
usage() { sed -n '4,11s/^# *//p' "$0" >&2; exit 2; }

# suite VERSION: the Debian release whose archive has that version's source.
suite()
{
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo bookworm-backports ;;
	newest) echo trixie-backports ;;
	*) echo "kernel.sh: unknown version '$1'; use 6.1, 6.12 or newest" >&2; exit 2 ;;
	esac
}

# fragments FLAVOUR: names of files in this folder.
fragments()
{
	case $1 in
	plain) echo base.config ;;
	debug) echo base.config debug.config ;;
	*) echo "kernel.sh: unknown flavour '$1'; use plain or debug" >&2; exit 2 ;;
	esac
}

# private_apt SUITE TOOL ARGUMENT...: apt with lists and cache of our own.
private_apt()
{
	lists=$cache/apt/$1
	tool=$2
	shift 2
	"$tool" -q -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" -o APT::Sandbox::User= \
		-o APT::Update::Post-Invoke-Success::= -o Acquire::Languages=none "$@"
}

# mirror: where this system gets its Debian packages from.
mirror()
{
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(COMPONENT) $(ORIGIN)' 2>/dev/null |
		awk '$1 == "Packages" && $2 !~ /security/ && $3 == "main" && $2 ~ /debian\/?$/ { print $2; exit }'
}

# fetch VERSION: the newest source package of that version, left in $cache/source; $cache/source/VERSION names it.
fetch()
{
	s=$(suite "$1") || exit 2
	lists=$cache/apt/$s
	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" "$cache/source" "$cache/locks" || fail "cannot write to $cache"
	# One at a time, as apt would have it: it does not wait for another, but fails.
	exec 8>"$cache/locks/fetch"
	flock 8
	uri=$(mirror)
	[ -n "$uri" ] || missing "no Debian mirror in this system's package sources; add one and run apt-get update"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keyring" ] || missing "$keyring is missing; install debian-archive-keyring"
	echo "deb [signed-by=$keyring] $uri $s main" >"$lists/sources.list"
	say "asking the mirror for the source of Linux $1"
	if ! private_apt "$s" apt-get update >"$lists/log" 2>&1 || grep -q '^[EW]: Failed' "$lists/log"; then
		missing "no network: the list of $s cannot be fetched ($(grep -m1 '^[EW]:' "$lists/log")); run again when the mirror can be reached"
	fi
	case $1 in
	newest) package=$(private_apt "$s" apt-cache pkgnames linux-source- | grep -E '^linux-source-[0-9.]+$' | sort -V | tail -n 1) ;;
	*) package=linux-source-$1 ;;
	esac
	[ -n "$package" ] || fail "no linux-source package in $s"
	source_version=$(private_apt "$s" apt-cache show "$package" | sed -n 's/^Version: //p' | sort -V | tail -n 1)
	[ -n "$source_version" ] || fail "no $package in $s"
	deb=${package}_$(echo "$source_version" | sed 's/:/%3a/g')_all.deb
	if [ ! -s "$cache/source/$deb" ]; then
		say "fetching $package $source_version"
		part=$(mktemp -d "$cache/source/part.XXXXXX") || exit 1
		trap 'rm -rf "$part"' EXIT
		trap 'exit 130' INT TERM HUP
		(cd "$part" && private_apt "$s" apt-get download "$package=$source_version" >>"$lists/log" 2>&1)
		mv "$part"/*.deb "$cache/source/$deb" 2>/dev/null
		rm -rf "$part"
		trap - EXIT INT TERM HUP
		[ -s "$cache/source/$deb" ] || missing "no network: fetching $package failed ($(tail -n 1 "$lists/log"))"
	fi
	printf '%s %s %s\n' "$package" "$source_version" "$deb" >"$cache/source/$1.new" && mv "$cache/source/$1.new" "$cache/source/$1"
	exec 8>&-
}

# known VERSION: sets package, source_version and deb from the last fetch; false if there was none.
known()
{
	[ -s "$cache/source/$1" ] && read -r package source_version deb <"$cache/source/$1"
}

# path_check DIR: the kernel's own build takes some characters for the end of a path, or for more than a path.
path_check()
{
	case $1 in
	*[[:space:]:%\'\"\`\$\&\;\|\(\)\<\>\\]*)
		missing "nothing can be built in '$1': move it to a path without blanks, colons, percent signs, and what a shell takes for more than a letter"
		;;
	esac
}

# locate VERSION FLAVOUR: sets dir, the place of that kernel.
locate()
{
	files=$(fragments "$2") || exit 2
	# shellcheck disable=SC2086 # names, split on purpose
	key=$({
		echo "$source_version"
		(cd "$here" && grep -h '^CONFIG_' $files && cat recipe.sh)
		gcc --version | head -n 1
		ld --version | head -n 1
	} 2>/dev/null | sha256sum | cut -c1-12)
	dir=$cache/kernels/${package#linux-source-}-$2-$key
}

# find_built VERSION FLAVOUR: sets dir; false if there is no such kernel yet.
find_built() { known "$1" && locate "$1" "$2" && [ -e "$dir/release" ]; }

tools_check()
{
	for t in gcc make flex bison bc xz dpkg-deb apt-get; do
		command -v "$t" >/dev/null || missing "$t is missing; ./demo and ./check install what is needed"
	done
	mkdir -p "$cache/kernels" "$cache/locks" || fail "cannot write to $cache"
	free_kib=$(df -Pk "$cache" | awk 'NR == 2 { print $4 }')
	[ "$free_kib" -ge 2500000 ] || missing "no space: building a kernel needs 2.5 GB in $cache, $((free_kib / 1000)) MB are free"
}

# progress NAME OBJECTS: turns the build's counts into lines with the share done and the time still to go.
progress()
{
	began=$(date +%s)
	said=0
	while read -r n; do
		now=$(($(date +%s) - began))
		[ $((now - said)) -ge 15 ] || continue
		said=$now
		percent=$((100 * n / $2))
		[ "$percent" -le 99 ] || percent=99
		rest=
		[ "$percent" -lt 8 ] || rest=", about $((now * (100 - percent) / (percent + 1) + 3)) s to go"
		say "compiling $1: $percent %$rest"
	done
}

build()
{
	version=$1 flavour=$2
	path_check "$cache"
	known "$version" || fetch "$version"
	locate "$version" "$flavour"
	if [ ! -e "$dir/release" ]; then
		tools_check
		exec 9>"$cache/locks/$(basename "$dir")"
		flock 9
	fi
	[ -e "$dir/release" ] || build_now "$version" "$flavour"
	echo "$dir"
}

# build_stop: ends an unfinished build, which is a process group of its own, and deletes it.
build_stop()
{
	[ -z "$builder" ] || kill -s KILL -- "-$builder" 2>/dev/null
	rm -rf "$work" 2>/dev/null || { sleep 1; rm -rf "$work"; }
}

build_now()
{
	[ -s "$cache/source/$deb" ] || fetch "$1"
	locate "$1" "$2"
	began=$(date +%s)
	# The lock is ours and the builder keeps it too: what lies there is left from a build that was killed.
	work=$cache/kernels/tmp.$(basename "$dir")
	rm -rf "$work"
	mkdir -p "$work" || exit 1
	trap build_stop EXIT
	trap 'exit 130' INT TERM HUP
	# In the background, because a shell answers signals only while it waits.
	setsid sh "$0" in-tree "$1" "$2" "$work/tree" &
	builder=$!
	wait "$builder" || exit 1
	builder=
	rm -rf "$dir"
	mv "$work/tree" "$dir" || fail "cannot move the kernel to $dir"
	say "Linux $(cat "$dir/release") ($2) is ready after $(($(date +%s) - began)) s"
	build_stop
	trap - EXIT INT TERM HUP
}

# build_tree VERSION FLAVOUR TREE: the command in-tree, which build_now gives a process group.
build_tree()
{
	tree=$3
	known "$1" || exit 1
	locate "$1" "$2"
	set -- "$2"
	say "unpacking $package $source_version"
	recipe_unpack "$cache/source/$deb" "$tree" || fail "cannot unpack $cache/source/$deb; delete it and run again"
	# shellcheck disable=SC2086 # names, split on purpose
	(cd "$here" && recipe_configure "$tree" "${package#linux-source-}." $files) ||
		{ tail -n 3 "$tree/configure.log" >&2; fail "configuring $package ($1) failed"; }
	recipe_build "$tree" "$jobs" | progress "Linux ${package#linux-source-} ($1)" 800
	if [ ! -x "$tree/linux" ] || [ "$(cat "$tree/build.status")" != 0 ]; then
		cp "$tree/build.log" "$cache/build-failed.log"
		grep -m3 -E 'error:|Error|undefined' "$tree/build.log" >&2
		fail "building $package ($1) failed; the log is $cache/build-failed.log"
	fi
	recipe_prune "$tree" || fail "cannot prune $tree"
	echo "$source_version" >"$tree/source_version"
}

# sources_sum: of all that a module is made of.
sources_sum() { cd "$root" && find kernel core -type f ! -name '*.swp' | LC_ALL=C sort | xargs sha256sum | sha256sum; }

# modules VERSION FLAVOUR: Kbuild writes beside its sources, so it gets a copy of kernel/ and core/.
modules()
{
	find_built "$1" "$2" || fail "Linux $1 ($2) is not built; run lab/uml/kernel.sh build $1 $2"
	[ -f "$root/kernel/Kbuild" ] || fail "kernel/Kbuild is missing"
	# Installed there is no build/: the modules lie beside the kernels then.
	out=$cache/modules/$(basename "$dir")
	[ ! -e "$root/Makefile" ] || out=$root/build/modules/$(basename "$dir")
	path_check "$out"
	mkdir -p "$out" || exit 1
	exec 9>"$out/lock"
	flock 9
	sum=$(sources_sum)
	if [ "$(cat "$out/sources" 2>/dev/null)" != "$sum" ]; then
		rm -f "$out"/sources "$out"/*.ko
		"$root/kernel/sources.sh" "$out/tree" tests || fail "cannot copy the module's sources to $out/tree"
		make -C "$dir" ARCH=um -j"$jobs" M="$out/tree/kernel" modules >"$out/log" 2>&1 ||
			{ grep -E 'error|warning|ERROR' -A3 "$out/log" | head -n 30 >&2; fail "building the modules for $(basename "$dir") failed; the log is $out/log"; }
		find "$out/tree/kernel" -name '*.ko' -exec cp {} "$out/" \;
		echo "$sum" >"$out/sources"
	fi
	echo "$out"
}

[ $# -ge 1 ] || usage
command=$1
shift
version=${1:-newest} flavour=${2:-plain}
case $command in
build | dir | modules | fetch)
	case $# in 1 | 2) ;; *) usage ;; esac
	suite "$version" >/dev/null
	fragments "$flavour" >/dev/null
	;;
esac
case $command in
build) build "$version" "$flavour" ;;
in-tree) build_tree "$@" ;;
dir) find_built "$version" "$flavour" && echo "$dir" ;;
modules) modules "$version" "$flavour" ;;
current) [ ! -e "${1:-}/sources" ] || [ ! -f "$root/kernel/Kbuild" ] || [ "$(cat "$1/sources")" = "$(sources_sum)" ] ;;
fetch) fetch "$version"; echo "$cache/source/$deb" ;;
path) path_check "${1:-}" ;;
mirror) mirror ;;
update) fetch newest; echo "$package $source_version" ;;
*) usage ;;
esac
