"""Where node runs are computed: in this process, or in worker processes beside it."""
