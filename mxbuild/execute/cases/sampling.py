"""Random numbers from a seed: the distributions' moments, and the very numbers.

MXNet draws them with the C++ library's distributions from std::mt19937. 0.12.1 built with g++ 12 gives the very numbers
of upstream's wheel, which an old g++ compiled. Another C++ library may fail the `stream_` cases; none was tried.
"""

import numpy as np
from mxbuild_cases._declare import case, found

MANY = 20000


def moments(values, mean, deviation):
    """Mean and deviation of what was drawn, with those of the distribution."""
    values = values.asnumpy().astype("float64")
    return {
        "mean": (np.array([values.mean()]) / deviation, np.array([mean]) / deviation),
        "deviation": (np.array([values.std()]) / deviation, np.array([1.0])),
    }


@case("random.uniform", rtol=0, atol=0.03)
def uniform(mx, random):
    drawn = mx.random.uniform(-1, 3, shape=(MANY,))
    ends = drawn.asnumpy()
    return dict(
        moments(drawn, 1, 4 / np.sqrt(12)), ends=(np.array([ends.min(), ends.max()]), np.array([-1, 3], "float32"))
    )


@case("random.normal", rtol=0, atol=0.04)
def normal(mx, random):
    drawn = mx.random.normal(2, 3, shape=(MANY,))
    within = (abs(drawn.asnumpy() - 2) < 3).mean()
    return dict(moments(drawn, 2, 3), within=(np.array([within]), np.array([0.6827])))


@case("nd.random_gamma|nd.random.gamma", rtol=0, atol=0.06)
def gamma(mx, random):
    return moments(found(mx, "nd.random_gamma|nd.random.gamma")(alpha=3, beta=2, shape=(MANY,)), 6, np.sqrt(12))


@case("nd.random_exponential|nd.random.exponential", rtol=0, atol=0.06)
def exponential(mx, random):
    draw = getattr(mx.nd, "random_exponential", None)
    return moments(draw(lam=4, shape=(MANY,)) if draw else mx.nd.random.exponential(0.25, shape=(MANY,)), 0.25, 0.25)


@case("nd.random_poisson|nd.random.poisson", rtol=0, atol=0.06)
def poisson(mx, random):
    return moments(found(mx, "nd.random_poisson|nd.random.poisson")(lam=4, shape=(MANY,)), 4, 2)


@case("nd.random_negative_binomial|nd.random.negative_binomial", rtol=0, atol=0.08)
def negative_binomial(mx, random):
    draw = found(mx, "nd.random_negative_binomial|nd.random.negative_binomial")
    return moments(draw(k=3, p=0.4, shape=(MANY,)), 4.5, np.sqrt(4.5 / 0.4))


@case("nd.sample_multinomial|nd.random.multinomial", rtol=0, atol=0.03)
def multinomial(mx, random):
    draw = found(mx, "nd.sample_multinomial|nd.random.multinomial")
    drawn = draw(mx.nd.array([0.1, 0.2, 0.3, 0.4]), shape=MANY).asnumpy()
    return {"shares": (np.bincount(drawn, minlength=4) / float(MANY), np.array([0.1, 0.2, 0.3, 0.4]))}


@case("nd.sample_normal|nd.random.normal", rtol=0, atol=0.12)
def normal_by_row(mx, random):
    """A distribution for each of several rows of parameters."""
    draw = found(mx, "nd.sample_normal|nd.random.normal")
    rows = draw(mx.nd.array([0, 10]), mx.nd.array([1, 4]), shape=(MANY,)).asnumpy()
    return {
        "means": (rows.mean(1) / np.array([1, 4], "float32"), np.array([0, 2.5], "float32")),
        "deviations": (rows.std(1), np.array([1, 4], "float32") * np.float32(1)),
    }


@case("nd.shuffle|nd.random.shuffle")
def shuffle(mx, random):
    """The same rows come back, in another order."""
    x = np.arange(30, dtype="float32").reshape(15, 2)
    y = found(mx, "nd.random.shuffle|nd.shuffle")(mx.nd.array(x)).asnumpy()
    moved = np.array([float((y != x).any())])
    return {"rows": (y[y[:, 0].argsort()], x), "moved": (moved, np.array([1.0]))}


@case("random.seed", "random.uniform")
def seed(mx, random):
    """The same seed, the same numbers; another one, others."""
    drawn = []
    for number in (7, 7, 8):
        mx.random.seed(number)
        drawn.append(mx.random.uniform(0, 1, shape=(50,)).asnumpy())
    same = [float((drawn[0] == each).all()) for each in drawn]
    return {"same": (np.array(same), np.array([1.0, 1.0, 0.0]))}


@case("random.uniform", "autograd.record", rtol=1e-5, atol=1e-6)
def stream_uniform(mx, random):
    return {"numbers": mx.random.uniform(0, 1, shape=(24,)).asnumpy()}


@case("random.normal", "autograd.record", rtol=1e-5, atol=1e-6)
def stream_normal(mx, random):
    return {"numbers": mx.random.normal(0, 1, shape=(24,)).asnumpy()}


@case("nd.random_gamma|nd.random.gamma", rtol=1e-5, atol=1e-6)
def stream_gamma(mx, random):
    draw = found(mx, "nd.random_gamma|nd.random.gamma")
    return {"numbers": draw(alpha=3, beta=2, shape=(24,)).asnumpy()}


@case("nd.random_poisson|nd.random.poisson", "nd.sample_multinomial|nd.random.multinomial")
def stream_whole(mx, random):
    poisson = found(mx, "nd.random_poisson|nd.random.poisson")
    multinomial = found(mx, "nd.sample_multinomial|nd.random.multinomial")
    return {
        "poisson": poisson(lam=4, shape=(24,)).asnumpy(),
        "multinomial": multinomial(mx.nd.array([0.1, 0.2, 0.3, 0.4]), shape=24).asnumpy(),
    }


@case("nd.Dropout", "autograd.record")
def dropout_in_training(mx, random):
    """Elements are dropped, and those that stay are doubled; which ones is chance."""
    x = np.ones((100, 100), "float32")
    with mx.autograd.record():
        y = mx.nd.Dropout(mx.nd.array(x), p=0.5).asnumpy()
    dropped = (y == 0).mean()
    return {
        "values": (np.unique(y), np.array([0, 2], "float32")),
        "share": (np.array([float(0.45 < dropped < 0.55)]), np.array([1.0])),
    }


@case("nd.uniform|nd.random_uniform|nd.random.uniform")
def drawn_as_another_type(mx, random):
    draw = found(mx, "nd.random_uniform|nd.random.uniform|nd.uniform")
    values = draw(low=0, high=1, shape=(200,), dtype="float64").asnumpy()
    return {"type": (np.array([values.itemsize, int((values >= 0).all() and (values < 1).all())]), np.array([8, 1]))}
