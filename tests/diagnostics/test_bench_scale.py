"""The bench of the driver of a cluster."""

import pytest

pytestmark = pytest.mark.ray


def test_a_driver_that_is_fed_too_fast_is_found_out():
    from vlagen_bench.diagnostics import bench_scale
    from vlagen_bench.harness.on_ray.null import NullSettings

    slow, fast = (
        bench_scale.feed(per_s, NullSettings(), seconds=seconds) for per_s, seconds in ((10, 1.0), (1e6, 2e-4))
    )
    assert slow.kept_up and slow.busy < 0.9 and slow.together < 5
    assert not fast.kept_up and fast.busy > 0.9 and fast.together > 5
