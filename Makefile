# What each does is in dev.py, which needs nothing but Python.
.PHONY: run test check bench drills fuzz audit
run test check bench drills fuzz audit:
	@python3 dev.py $@ $(ARGS)
