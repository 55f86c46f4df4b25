# SPDX-License-Identifier: MIT
# How the policy becomes filters; read by the Makefile above. All of it is of
# the machine that builds, whatever it builds for: libseccomp is its own.

POLICY   := step4_seccomp/policy.txt step4_seccomp/arguments.txt
COMPILER := $(patsubst %,build/policy/%.o,names calls read verdicts compile simulate \
            reasons)

build/policy/%.o: tools/policy/%.c build/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(HOSTCC) -std=gnu17 $(WARNINGS) -D_GNU_SOURCE -O1 -g -MMD -MP \
	    -c -o $@ $<

build/compile_policy: build/policy/compile_policy.o $(COMPILER)
	$(call say,LINK)
	$(Q)$(HOSTCC) -o $@ $^ -lseccomp

build/step4_seccomp/filters.h: build/compile_policy $(POLICY)
	@mkdir -p $(@D)
	$(call say,POLICY)
	$(Q)build/compile_policy $(POLICY) $(@D) $(TARGET)

build/step4_seccomp/plumbing/refused.o \
build/unit/step4_seccomp/plumbing/refused.o: build/step4_seccomp/filters.h

.PHONY: check-policy
check-policy: ready-check  ## check: change the policy, place by place: every change must be noticed
	@tools/policy/mutate $(MUTATE)

# Both tests of the filters read the texts as the compiler does.
build/tests/unit/test_policy: tests/unit/test_policy.c $(COMPILER)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(HOSTCC) -std=gnu17 $(WARNINGS) $(DEFINES) -Itests -Itools/policy \
	    $(CFLAGS) -o $@ $^ -lcmocka -lseccomp

build/tests/integration/test_filter: tests/integration/test_filter.c \
    tests/integration/sandbox.c $(COMPILER) build/step4_seccomp/filters.h \
    build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(HOSTCC) -std=gnu17 $(WARNINGS) $(DEFINES) -Itests -Itools/policy \
	    $(CFLAGS) -o $@ $(filter %.c %.o,$^) -lcmocka -lseccomp
