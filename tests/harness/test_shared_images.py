"""Pictures in shared memory."""

import numpy as np

from vlagen_bench.harness.shared_images import SharedImages


def test_pictures_are_shared_and_the_rest_is_small():
    memory = SharedImages()
    for side in (4, 500, 8):
        image = np.random.default_rng(side).integers(0, 255, (side, side, 3), np.uint8)
        message = memory.packed({"image": image, "images": {"camera": image}, "state": np.zeros(0, np.float32)})
        found = memory.unpacked(message)
        assert len(message) < 1000 and np.array_equal(found["image"], image)
        assert found["images"]["camera"] is found["image"] and found["image"].flags.writeable
        memory.packed(np.zeros_like(image))
        assert np.array_equal(found["image"], image)
    assert memory.unpacked(memory.packed("no array")) == "no array"
    memory.close()
