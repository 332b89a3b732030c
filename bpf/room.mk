# The scope's BPF programs, which build/sluice carries. Without clang or libbpf it is built without them, and says so when asked.
HAVE_BPF := $(shell command -v clang >/dev/null && pkg-config --exists 'libbpf >= 1.1' 2>/dev/null && echo yes)
# With its debugging information: libbpf needs a part of it, and llvm-strip would be one more thing to install.
BPF_OBJ := $(patsubst %,build/bpf/%.bpf.o,scope tap stamp cpu edt edt_typed edt_find)
BPF_ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(patsubst ppc64le,powerpc,$(shell uname -m))))
# Outside x86 records are published by an exchange, which is an instruction of the third version.
BPF_CFLAGS := -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -target bpf -D__TARGET_ARCH_$(BPF_ARCH) \
	$(if $(filter x86,$(BPF_ARCH)),,-mcpu=v3) -idirafter /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)

build/bpf/edt_typed.bpf.o: bpf/edt.bpf.c
$(BPF_OBJ): build/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h core/*.h)
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)clang $(BPF_CFLAGS) -c -o $@ $<
