# SPDX-License-Identifier: MIT
# How the tests are made; read by the Makefile above.

# Unit tests see no kernel: these calls go to tests/unit/recorder.c. No
# fortified or 64-bit variants of them here, which --wrap would not catch.
WRAPPED := mount umount2 pivot_root open_in_root unshare chdir mkdir mkdirat \
    mknod mknodat symlink umask open write close fcntl stat lstat fstat \
    realpath opendir readdir closedir clearenv setenv setgroups socket ioctl \
    sethostname setdomainname dirfd prctl syscall clone sigprocmask poll \
    execve kill raise waitpid _exit mount_tree chown read setns fstatfs fchown setresuid \
    setresgid socketpair getsid setpgid signalfd send open_own_terminal \
    __xstat __lxstat __fxstat __xmknod __xmknodat \
    hand_over_terminal relay_terminal finish_terminal openat fstatvfs \
    fchownat readlinkat write_name_files known_terminal_type look_for_end \
    kill_everybody name_survivors terminal_is_gone do_without_terminal
UNDER_TEST := $(filter-out build/common/plumbing/syscalls.o,$(COMMON)) $(STEP4)

ATTACKS  := $(patsubst %.c,build/%,$(wildcard tests/attacks/*.c))
BENCH_TOOLS := $(patsubst %.c,build/%,$(wildcard tests/bench/*.c))
HELLOS   := $(addprefix build/tests/integration/hello-,static dynamic \
            $(if $(filter x86_64,$(TARGET)),32))

# For what tries them all; `make demo` does without a compiler for i386.
ATTACKS_32 := $(if $(filter x86_64,$(TARGET)),\
            $(ATTACKS:build/tests/attacks/%=build/tests/attacks-i386/%))

FAULT_TOOLS := $(patsubst %.c,build/%,$(wildcard tests/faults/*.c))

attacks: $(ATTACKS)
	@:
tests: build/tests/abilities $(UNITS) $(INTEGRATION) $(ATTACKS) $(ATTACKS_32) \
    $(HELLOS) $(FAULT_TOOLS) \
    build/tests/integration/hard-to-end \
    $(BENCH_TOOLS)

build/unit/%.o: %.c build/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -U_FORTIFY_SOURCE -U_FILE_OFFSET_BITS -Istep4_seccomp \
	    -Itests -Itests/unit -MMD -MP -c -o $@ $<

build/unit/step4_seccomp/filter.o: build/step4_seccomp/filters.h

build/tests/unit/%: build/unit/tests/unit/%.o \
    build/unit/tests/unit/recorder.o $(UNDER_TEST:build/%=build/unit/%)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(LINK) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $^ -lcmocka $(LDLIBS)

build/tests/integration/%: build/tests/integration/%.o \
    build/tests/integration/sandbox.o
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ -lcmocka -lutil $(LDLIBS)

build/tests/attacks/%: tests/attacks/%.c tests/attacks/attack.h \
    tests/attacks/int80.h build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

build/tests/attacks-i386/%: tests/attacks/%.c tests/attacks/attack.h \
    tests/attacks/int80.h build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -m32 -static -o $@ $<

# Of the machine that builds, whatever it builds for.
build/tests/abilities: tests/abilities.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(HOSTCC) -std=gnu17 $(WARNINGS) $(DEFINES) -O1 -static -o $@ $<

build/tests/bench/%: tests/bench/%.c build/step4_seccomp/filters.h
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

build/tests/faults/%: tests/faults/%.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

# Static, linked to the C library, and for i386: all run in the sandbox.
build/tests/integration/hello-%: tests/integration/hello.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -pthread $(if $(filter 32,$*),-m32 -static) \
	    $(if $(filter static,$*),-static) -o $@ $<

build/tests/integration/hard-to-end: tests/integration/hard_to_end.c \
    build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

# The filter's own test: of the kernel, so for the machine that builds, as
# libseccomp is.
build/tests/integration/test_filter: tests/integration/test_filter.c \
    tests/integration/sandbox.c build/step4_seccomp/filters.h build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(HOSTCC) -std=gnu17 $(WARNINGS) $(DEFINES) -Itests $(CFLAGS) \
	    -o $@ $(filter %.c,$^) -lcmocka -lseccomp
build/tests/integration/%.o: DEFINES += -Itests
