# The command: build/sluice.
USER_PACKAGES := libmnl jansson libzstd zlib $(and $(HAVE_BPF),libbpf)
# Loaded when a filter or a capture needs them, and not linked: libpcap, liblzma.
USER_CFLAGS := -D_GNU_SOURCE $(shell pkg-config --cflags $(USER_PACKAGES) libpcap liblzma 2>/dev/null)
USER_LIBS := $(shell pkg-config --libs $(USER_PACKAGES) 2>/dev/null) -lm
# Without BPF two files stand in for those that need it.
BPF_LEFT_OUT := $(if $(HAVE_BPF),user/scope/live_nobpf.c user/lib/edt_noload.c, \
	$(wildcard user/scope/live_bpf*.c) user/scope/live_image.c user/lib/bpf_image.c user/lib/edt_load.c)
USER_SRC := $(filter-out $(BPF_LEFT_OUT),$(wildcard user/cli/*.c user/lab/*.c user/lib/*.c user/scope/*.c))
USER_OBJ := $(USER_SRC:%.c=build/obj/%.o)

build: build/sluice

build/sluice: $(USER_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(USER_OBJ) $(USER_LIBS)

$(USER_OBJ): build/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

# What looks at batches of packets: its loops become vectors.
$(addprefix build/obj/user/lib/,batch.o metrics.o quantile.o recent.o spectrum.o swing.o train.o window.o): CFLAGS_ALL += -O3

# Here they would be detours.
$(addprefix build/obj/user/scope/,flows.o flows_pkts.o flows_table.o flows_tcp.o): CFLAGS_ALL += -fno-tree-slp-vectorize

# The page of sluice scope --report lies inside the command.
build/obj/user/scope/report_files.o: $(wildcard user/scope/page/*.* user/scope/page/uplot/*)

-include $(USER_OBJ:.o=.d)

build/obj/user/scope/live_image.o build/obj/user/lib/edt_load.o: $(BPF_OBJ)
