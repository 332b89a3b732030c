# Sluice. `make help` lists the commands; each folder's room.mk holds its own rules, and all output goes to build/.
# SPDX-License-Identifier: GPL-2.0

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
is_silent := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say = $(if $(filter 1,$(V))$(is_silent),@:,@printf '  %-8s%s\n' $(1) $(2))

CC := gcc
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CFLAGS ?= -O2 -g
CFLAGS_ALL = -std=gnu11 $(WARNINGS) $(CFLAGS)
KERNEL ?= newest
export KERNEL

# Rooms add what they make to the target build.
include $(wildcard */room.mk */*/room.mk)

.PHONY: all build help clean
all: build ## the command and the lab's programs

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9. -]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: KERNEL=newest|6.12|6.1  V=1  CFLAGS=...  SLUICE_CACHE=folder of the built kernels"

clean: ## delete build/ (built kernels stay in the cache)
	$(Q)rm -rf build
