# The programs that run inside a guest: static, so that starting one is cheap.
LAB_GUEST_OUT := build/obj/lab/guest
LAB_GUEST_OBJ := $(patsubst %,$(LAB_GUEST_OUT)/%.o,util setup send_tcp send_udp receive traffic capture)

build: build/lab/lab-traffic build/lab/lab-capture

build/lab/lab-traffic: $(filter-out %/capture.o,$(LAB_GUEST_OBJ))
build/lab/lab-capture: $(LAB_GUEST_OUT)/util.o $(LAB_GUEST_OUT)/capture.o

build/lab/lab-traffic build/lab/lab-capture:
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -static $(LDFLAGS) -o $@ $^

$(LAB_GUEST_OBJ): $(LAB_GUEST_OUT)/%.o: lab/guest/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(LAB_GUEST_OBJ:.o=.d)
