#!/bin/sh
# demo.sh: the steps of the demo once all packages are there; run by ./demo and make demo, in the repository.
set -u
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh

began_demo=$(date +%s)
space_check 600
step_begin 3 demo
if lab/uml/kernel.sh dir "${KERNEL:-newest}" >/dev/null 2>&1; then
	echo "demo: about 1 minute"
else
	echo "demo: about 6 minutes this first time, of which 4 are a kernel; about 1 minute later"
fi
kernel_step "${KERNEL:-newest}" plain 230 "the lab's kernel" kernel || exit
step build 30 "Sluice: command, modules, the lab's programs" make -s --no-print-directory -j"$(nproc)" all modules || exit
step run 80 "scenario six: every policy in virtual time" make -s --no-print-directory demo-run || exit
echo "done in $(step_time $(($(date +%s) - began_demo))); other experiments: build/sluice lab list"
