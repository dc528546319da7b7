"""Decoding images and what is done to them before training. JPEG decoders round differently, hence the tolerances."""

import base64

import numpy as np
from mxbuild_cases._declare import case, found

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAHklEQVR42mNkYPgvwPCDeMTCIPKDgYEENKphpGgAAECHvAEOvapcAAAAAElFTkSu"
    "QmCC"
)
JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU"
    "GBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAM"
    "ABADAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAB//EAB0QAAIBBAMAAAAAAAAAAAAAAAAGIwUHMqECESL/xAAWAQEBAQAAAAAAAAAAAAAA"
    "AAAIBgn/xAAcEQACAgIDAAAAAAAAAAAAAAAABgUiBCEDMTL/2gAMAwEAAhEDEQA/AABcs5jBoWU+4d2JBYY/NhTXLOYwaDhPuHdhcrDH5sOC4r0/"
    "zCR8/J5O7GXaxnc9dimuK9P64whwn5PJ3YXKxnc9dn//2Q=="
)
"""Both made of `picture()`; the JPEG with quality 90 and colours at full resolution."""


def picture():
    """12 x 16 pixels, each colour rising or falling evenly."""
    y, x = np.mgrid[0:12, 0:16]
    return np.stack([16 * x, 20 * y, 255 - 8 * x - 8 * y], -1).clip(0, 255).astype("uint8")


def corner():
    """A few pixels of it."""
    return picture()[:3, :4].copy()


@case("image.imdecode", feature="opencv")
def decode_png(mx, random):
    data = base64.b64decode(PNG)
    return {
        "rgb": (mx.image.imdecode(data).asnumpy(), picture()),
        "bgr": (mx.image.imdecode(data, to_rgb=False).asnumpy(), picture()[..., ::-1]),
    }


@case("image.imdecode", feature="opencv", rtol=0, atol=2)
def decode_png_grey(mx, random):
    grey = picture().dot([0.299, 0.587, 0.114]).round().astype("uint8")
    return {"grey": (mx.image.imdecode(base64.b64decode(PNG), flag=0).asnumpy()[..., 0], grey)}


@case("image.imdecode", feature="opencv", rtol=0, atol=6)
def decode_jpeg(mx, random):
    return {"rgb": mx.image.imdecode(base64.b64decode(JPEG)).asnumpy()}


@case("image.imresize", feature="opencv", rtol=0, atol=2)
def resize(mx, random):
    image = mx.nd.array(picture(), dtype="uint8")
    return {
        "linear": mx.image.imresize(image, 8, 6, 1).asnumpy(),
        "nearest": (mx.image.imresize(image, 8, 6, 0).asnumpy(), picture()[::2, ::2]),
        "larger": mx.image.imresize(image, 24, 20, 1).asnumpy()[::3, ::3],
        "short": mx.image.resize_short(image, 6, 1).asnumpy(),
    }


@case("nd.copyMakeBorder|nd._internal._cvcopyMakeBorder", "image.fixed_crop", feature="opencv")
def borders_and_crops(mx, random):
    image = mx.nd.array(picture(), dtype="uint8")
    border = found(mx, "nd._internal._cvcopyMakeBorder|nd.copyMakeBorder")
    return {
        "bordered": (
            border(image, top=1, bot=2, left=1, right=0, type=0, value=7).asnumpy(),
            np.pad(picture(), ((1, 2), (1, 0), (0, 0)), mode="constant", constant_values=7),
        ),
        "cropped": (mx.image.fixed_crop(image, 2, 3, 8, 6).asnumpy(), picture()[3:9, 2:10]),
        "centre": (mx.image.center_crop(image, (8, 6))[0].asnumpy(), picture()[3:9, 4:12]),
    }


@case("image.color_normalize")
def colour_normalization(mx, random):
    mean, deviation = np.array([120, 110, 100], "float32"), np.array([50, 60, 70], "float32")
    x = corner().astype("float32")
    y = mx.image.color_normalize(mx.nd.array(x), mx.nd.array(mean), mx.nd.array(deviation))
    return {"normalised": (y.asnumpy(), (x - mean) / deviation)}


@case("image.CreateAugmenter", feature="opencv", rtol=1e-3, atol=2)
def augmenters(mx, random):
    """Those without chance: resize the shorter side, crop the centre, cast, normalise."""
    value = mx.nd.array(picture(), dtype="uint8")
    mean, deviation = np.array([120, 110, 100], "float32"), np.array([1, 1, 1], "float32")
    for step in mx.image.CreateAugmenter((3, 8, 8), resize=10, mean=mean, std=deviation, inter_method=1):
        value = step(value)
        value = value[0] if isinstance(value, list) else value
    return {"value": value.asnumpy()}


@case("image.ImageIter", "recordio.MXIndexedRecordIO", feature="opencv")
def image_iterator(mx, random):
    """Two PNGs written to a record file and read back in batches."""
    record = mx.recordio.MXIndexedRecordIO("images.idx", "images.rec", "w")
    for number in range(2):
        record.write_idx(
            number, mx.recordio.pack(mx.recordio.IRHeader(0, 5.0 + number, number, 0), base64.b64decode(PNG))
        )
    record.close()
    batches = mx.image.ImageIter(
        batch_size=2, data_shape=(3, 12, 16), path_imgrec="images.rec", path_imgidx="images.idx", aug_list=[]
    )
    batch = next(iter(batches))
    wanted = picture().transpose(2, 0, 1)
    return {
        "data": (batch.data[0].asnumpy().astype("uint8"), np.stack([wanted, wanted])),
        "label": (batch.label[0].asnumpy(), np.array([5, 6], "float32")),
    }


@case("nd.image.to_tensor", "nd.image.normalize")
def image_operators(mx, random):
    tensor = mx.nd.image.to_tensor(mx.nd.array(corner(), dtype="uint8"))
    wanted = corner().transpose(2, 0, 1).astype("float32") / 255
    return {
        "tensor": (tensor.asnumpy(), wanted),
        "normalised": (
            mx.nd.image.normalize(tensor, mean=(0.5,) * 3, std=(0.25,) * 3).asnumpy(),
            (wanted - 0.5) / 0.25,
        ),
    }
