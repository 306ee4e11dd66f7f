# What each does is in dev.py, which needs nothing but Python.
.PHONY: run test check bench
run test check bench:
	@python3 dev.py $@ $(ARGS)
