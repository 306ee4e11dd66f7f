# What each does is in dev.py, which needs nothing but Python.
.PHONY: run test check bench drills
run test check bench drills:
	@python3 dev.py $@ $(ARGS)
