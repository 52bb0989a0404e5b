#!/usr/bin/env bash
# The versions of tokio and of the compiler.
set -euo pipefail

tokio=$(basename /usr/share/cargo/registry/tokio-1*)
echo "tokio ${tokio#tokio-}, $(rustc --version)"
