#!/bin/sh
# page.sh: the script of the scope's page as Node runs it, as TAP. Needs node, so it is no part of ./check.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

command -v node >/dev/null || { echo "page.sh: node is missing; install it with apt-get install nodejs" >&2; exit 3; }

# seconds VALUE STEP: a label of the time axis, where labels are STEP seconds apart
seconds() { node -e "$(sed -n '/^function seconds(/,/^}/p' user/scope/page/scope.js); console.log(seconds($1, $2))"; }

# The steps are 1, 2, 2.5 and 5 times powers of ten, and those between bins 1 ms times powers of two.
while read -r value step label; do
	tap_run "at $value s, $step s apart: $label" test "$(seconds "$value" "$step")" = "$label"
done <<END
0.75 0.25 0.75
0.3 0.1 0.3
1.5 0.5 1.5
0.0125 0.0025 0.0125
20 10 20
125 25 125
3 1 3
0.064 0.032 0.064
0.001 0.001 0.001
0.30000000000000004 0.1 0.3
END
tap_end
