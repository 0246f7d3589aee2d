"""The first use of a kernel compiles it, so hypothesis measures no single example's time here."""

from hypothesis import settings

settings.register_profile("kernels", deadline=None, derandomize=True)
settings.load_profile("kernels")
