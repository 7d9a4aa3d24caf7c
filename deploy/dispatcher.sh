#!/bin/sh
# A dispatcher must be beside a Ray node: this joins the cluster as one that offers nothing, and dispatches.
# Both end when either does, and whoever watches over the container starts it again.
set -eu
ray start --address "$RAY_HEAD" --num-cpus 0 --num-gpus 0
exec workflow dispatcher --address "$RAY_HEAD"
