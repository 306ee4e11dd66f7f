# What each does is in dev.py, which needs nothing but Python.
.PHONY: run test check bench drills fuzz
run test check bench drills fuzz:
	@python3 dev.py $@ $(ARGS)
