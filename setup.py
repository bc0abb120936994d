"""The packages: those in render/, found as they are, and two folders beside it whose files go along within it.

All else is said in pyproject.toml, which can find packages or place folders, and not both.
"""

from setuptools import find_packages, setup

BESIDE = {"render.assets": "assets", "render.scenes": "scenes"}

setup(packages=[*find_packages(include=["render", "render.*"]), *BESIDE], package_dir=BESIDE)
