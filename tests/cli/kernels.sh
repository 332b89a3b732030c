#!/bin/sh
# kernel.sh beside itself and in other environments, with an apt and a make that only pretend.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

mkdir "$out/bin" "$out/tree"
cp -r lab kernel core "$out/tree/"
export SLUICE_CACHE="$out/cache" PATH="$out/bin:$PATH"
kernels=$out/tree/lab/uml/kernel.sh

# Like apt-get, this one does not wait for another that has the lists.
cat >"$out/bin/apt-get" <<'TEXT'
#!/bin/sh
case " $* " in
*' indextargets '*) echo 'Packages http://mirror.example/debian main Debian' ;;
*' update '*)
	mkdir "$SLUICE_CACHE/held" || { echo 'E: Could not get lock'; exit 100; }
	sleep 0.5
	rmdir "$SLUICE_CACHE/held" ;;
*' download '*) echo source >linux-source-9.9_9.9-1_all.deb ;;
esac
TEXT
cat >"$out/bin/apt-cache" <<'TEXT'
#!/bin/sh
case " $* " in
*' pkgnames '*) echo linux-source-9.9 ;;
*' show '*) echo 'Version: 9.9-1' ;;
esac
TEXT
cat >"$out/bin/make" <<'TEXT'
#!/bin/sh
env | grep -E '^(KC|LLVM|CROSS|GNUMAKE)' >>"$SLUICE_CACHE/seen"
exit 0
TEXT
chmod +x "$out/bin"/*

if [ -r /usr/share/keyrings/debian-archive-keyring.gpg ]; then
	"$kernels" fetch newest >"$out/first" 2>&1 &
	"$kernels" fetch newest >"$out/second" 2>&1
	code=$?
	wait $! && [ $code = 0 ]
	tap $? "two that fetch at once both get the source"
	cat "$out/first" "$out/second" | sed 's/^/# /'
else
	mkdir -p "$out/cache/source"
	echo linux-source-9.9 9.9-1 linux-source-9.9_9.9-1_all.deb >"$out/cache/source/newest"
fi

# A kernel that is built already: where it lies depends on nothing but what went in.
dir=$out/cache/kernels/9.9-plain-$({ echo 9.9-1; (cd lab/uml && grep -h '^CONFIG_' base.config && cat recipe.sh)
	gcc --version | head -n 1; ld --version | head -n 1; } | sha256sum | cut -c1-12)
mkdir -p "$dir"
touch "$dir/release"
tap_run "a kernel that is built is found" test "$("$kernels" dir newest)" = "$dir"
tap_run "modules are built" env KCFLAGS=-O3 KCONFIG_ALLCONFIG=x LLVM=1 CROSS_COMPILE=x- GNUMAKEFLAGS=-k "$kernels" modules newest
tap_run "those are of the sources that there are" "$kernels" current "$out/cache/modules/$(basename "$dir")"
echo "/* changed */" >>"$out/tree/core/types.h"
"$kernels" current "$out/cache/modules/$(basename "$dir")"
tap $((! $?)) "and are not when one was changed"
tap_run "with no flags of the environment" test ! -s "$out/cache/seen"
sed "s/^/# /" "$out/cache/seen"
tap_end
