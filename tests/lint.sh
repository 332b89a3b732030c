#!/bin/sh
# lint.sh: shellcheck, cppcheck, the kernel's checkpatch and this project's own rules, as TAP: one test each, findings as comments.
set -u
cd -- "$(dirname -- "$0")/.." || exit 1

number=0
bad=0
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT

# result NAME CODE: one line of TAP; a test fails if it printed findings or ended with a code that is not 0.
result()
{
	number=$((number + 1))
	if [ "$2" = 0 ] && [ ! -s "$found" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		sed 's/^/# /' "$found"
		bad=1
	fi
}

sources() { find core kernel user lab bpf tests bench \( -name '*.c' -o -name '*.h' \) 2>/dev/null | LC_ALL=C sort; }
scripts() { { echo demo; echo check; echo .ci/run; find lab tests packaging kernel/sources.sh -name '*.sh'; echo packaging/systemd/hotplug; ls packaging/debian/*.p*; } | LC_ALL=C sort; }

# What a guest sources is not here when shellcheck looks: SC2154 (set elsewhere).
lint_shell()
{
	command -v shellcheck >/dev/null || { echo "shellcheck is not installed; ./check installs it"; return; }
	# shellcheck disable=SC2046 # file names without blanks
	shellcheck -x -s sh -S warning -e SC2154 $(scripts)
}

lint_cppcheck()
{
	command -v cppcheck >/dev/null || { echo "cppcheck is not installed; ./check installs it"; return; }
	# shellcheck disable=SC2046 # file names without blanks
	cppcheck -q -j2 --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--suppress=missingIncludeSystem --suppress=unmatchedSuppression --template='{file}:{line}: {id}: {message}' \
		$(sources | grep -E '^(user|lab)/.*\.c$') 2>&1
}

# checkpatch knows what a kernel tree's file looks like; what does not apply to a module of its own is left out.
lint_checkpatch()
{
	dir=$(lab/uml/kernel.sh dir newest) || dir=$(lab/uml/kernel.sh dir 6.1) || { echo "no lab kernel, so no checkpatch; run make kernel"; return; }
	command -v perl >/dev/null || { echo "perl is not installed; ./check installs it"; return; }
	# shellcheck disable=SC2046 # file names without blanks
	perl "$dir/scripts/checkpatch.pl" --no-tree --no-summary --terse --show-types --max-line-length=100 -f \
		--ignore FILE_PATH_CHANGES,SPDX_LICENSE_TAG,EMBEDDED_FILENAME,NEW_TYPEDEFS,LINUX_VERSION_CODE,ALLOC_WITH_SIZEOF,MACRO_ARG_UNUSED \
		$(sources | grep -E '^(core|kernel)/')
}

# rule FOLDER ALLOWED: every #include "..." of FOLDER, resolved, lies in a folder that matches the extended regex ALLOWED.
rule()
{
	sources | grep "^$1/" | while read -r f; do
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$f" | while read -r name; do
			dir=$(dirname "$f")
			where=
			# a name is looked for beside its file first, then from the folders that the build passes with -I
			for base in "$dir" . kernel core; do
				if [ -e "$base/$name" ]; then
					where=$(realpath --relative-to=. "$base/$name")
					break
				fi
			done
			if [ -n "$where" ] && ! echo "$where" | grep -qE "^($2)"; then
				echo "$f includes $where, which its folder must not know"
			fi
		done
	done
}

# core ← kernel, bpf, user; uapi ← user; nobody includes from lab, tests or bench but themselves.
lint_folders()
{
	rule core 'core/'
	rule kernel 'kernel/|core/'
	rule bpf 'bpf/|core/|kernel/uapi/'
	rule user/lib 'user/lib/|core/|bpf/edt(_find)?\.h|kernel/uapi/'
	rule user/scope 'user/scope/|user/lib/|core/|bpf/(scope_record|cpu_ring)\.h|kernel/uapi/'
	rule user/lab 'user/lab/|user/lib/|core/|kernel/uapi/'
	rule user/cli 'user/|core/|kernel/uapi/'
	rule lab 'lab/|user/lib/|core/|kernel/uapi/'
	sources | grep '^core/' | xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(linux/(skbuff|netdevice|slab|ktime)|net/|time\.h|stdio\.h|stdlib\.h)' /dev/null |
		sed 's/$/: core knows no clock, packet, socket, allocation or output/'
	for f in *; do
		case $f in
		README.md | COPYING | Makefile | demo | check | build) ;;
		*) [ -d "$f" ] || echo "$f: only README.md, COPYING, Makefile, demo and check lie in the root" ;;
		esac
	done
}

lint_size()
{
	{ sources; scripts; } | while read -r f; do
		awk -v f="$f" '
			/^\{/ { start = NR }
			/^\}/ { if (start && NR - start - 1 > 75) printf "%s:%d: a function of %d lines; 75 are the most\n", f, start, NR - start - 1; start = 0 }
			END { if (NR > 650) printf "%s: %d lines; 650 are the most\n", f, NR }' "$f"
	done
}

# The README's table is the first of docs/measured.md, with fewer digits; docs/design.md has numbers of it, too.
lint_numbers()
{
	awk '
		# the number that a cell begins with, and how many digits it has behind the point
		function number(cell) { gsub(/[*]/, "", cell); return match(cell, /[0-9.]+/) ? substr(cell, RSTART, RLENGTH) : "" }
		function digits(text) { return index(text, ".") ? length(text) - index(text, ".") : 0 }
		FNR == 1 { file++ }
		file == 1 && /^policy / { is_table = !rows }
		file == 1 && /^resent:/ { is_table = 0 }
		file == 1 && is_table && $2 ~ /^[0-9]/ { rows++; goodput[$1] = $2; resent[$1] = $4; dropped[$1] = $5; segments[$1] = $9 }
		file == 2 && /^\| .* \| .* \|$/ && split($0, cell, / *\| */) == 7 && number(cell[3]) != "" && /pfifo_fast|fq|sluice/ {
			name = cell[2] ~ /sluice.*BBR/ ? "sluice+bbr" : cell[2] ~ /gso_max_segs.*BBR/ ? "bbr+segs1" : cell[2] ~ /BBR/ ? "bbr" : cell[2] ~ /gso_max_segs/ ? "fq+segs1" : cell[2]
			gsub(/[*]/, "", name)
			seen++
			split(goodput[name] " " resent[name] " " dropped[name] " " segments[name], measured, " ")
			for (i = 1; i <= 4; i++) {
				said = number(cell[i + 2])
				if (sprintf("%.*f", digits(said), measured[i]) != said)
					printf "README.md: %s: %s, but docs/measured.md has %s\n", name, said, measured[i]
			}
		}
		END { if (seen < 5 || rows < 5) print "the table of README.md or of docs/measured.md is not found" }' docs/measured.md README.md
	# What docs/design.md says of gain_ss, and of one sender around the world, is what was measured.
	awk '
		FNR == 1 { file++ }
		file == 1 && /^## / { section = $0 }
		file == 1 && section == "## The gain of slow start" && /^(sluice|ss[0-9]+) / { gain[$1 == "sluice" ? "ss69" : $1] = $2 " " $4 }
		file == 1 && section == "## Around the world" && /^(fq|sluice) / { world[$1] = $2 }
		file == 2 && /^\| `gain_ss [0-9]+%` \| [0-9]/ {
			split($0, cell, / *\| */)
			split(cell[3], said, /[^0-9.]+/)
			name = "ss" substr($3, 1, 2)
			rows++
			if (said[1] " " said[2] != gain[name])
				printf "docs/design.md: gain_ss %s%%: %s %s, but docs/measured.md has %s\n", substr($3, 1, 2), said[1], said[2], gain[name]
		}
		file == 2 && match($0, /with them [0-9, ]+ and [0-9]+ at 480, 500 and 520 ms, where fq gets [0-9]+, [0-9]+/) {
			split(substr($0, RSTART, RLENGTH), word, /[ ,]+/)
			pairs++
			if (word[4] != world["sluice"] || word[17] != world["fq"])
				printf "docs/design.md: around the world %s and %s at 500 ms, but docs/measured.md has %s and %s\n", word[4], word[17], world["sluice"], world["fq"]
		}
		END { if (rows != 4 || pairs != 1) print "the numbers of docs/design.md are not found" }' docs/measured.md docs/design.md
}

lint_shell >"$found" 2>&1
result lint_shell $?
lint_cppcheck >"$found" 2>&1
result lint_cppcheck $?
lint_checkpatch >"$found" 2>&1
result lint_checkpatch $?
lint_folders >"$found" 2>&1
result lint_folders 0
lint_size >"$found" 2>&1
result lint_size 0
lint_numbers >"$found" 2>&1
result lint_numbers 0
echo "1..$number"
exit "$bad"
