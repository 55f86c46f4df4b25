# SPDX-License-Identifier: MIT
# The four steps in a browser tab; read by the Makefile.

.PHONY: playground check-playground

playground: root  ## show: build/playground.html: the steps in a machine in a browser tab
	@tools/setup playground
	@tools/playground/build

check-playground: playground  ## check: that machine, under node and in browsers (FULL=1)
	@node tests/playground/machine.mjs
	@tests/playground/page
