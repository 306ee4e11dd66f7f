"""Speed, weight and memory against floors measured in the same run. docs/reference/speed.md tells more."""
