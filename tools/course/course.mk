# SPDX-License-Identifier: MIT
# A course: what an instructor and a student run. Read by the Makefile above.

.PHONY: doctor vm handout check-course

BREAKING += tests/doctor tests/course/handout

# Before there is a compiler, what only a small program can find out is told as
# not tried. A warning is no error.
doctor:           ## learn: can this machine run it, and if not, why? (JSON=1)
	@! command -v $(firstword $(HOSTCC)) >/dev/null || $(AS_OWNER) \
	    $(MAKE) -s build/tests/abilities >/dev/null 2>&1 || :
	@tools/doctor $(if $(JSON),--json) --image '$(ROOTFS)' || [ $$? = 1 ]

vm:               ## learn: a shell in a virtual machine that you can lose (CMD=, ARCH=)
	@tools/course/vm "$$CMD"

handout:          ## show: the homework without its solution (TRACK=A|B, VARIANT=n)
	@tools/course/handout --track '$(or $(TRACK),A)' \
	    --variant '$(or $(VARIANT),1)'

# Boots machines, and judges each part of the hand-out: not part of `make check`.
check-course: ready-check  ## check: the safe machine, the hand-out part by part
	@JUDGE=1 tests/run tests/course/machine tests/course/handout
