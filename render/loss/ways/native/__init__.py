"""Native: convolutional networks, measured by one generated kernel each.

program.py       a network as a list of operations (lowering.py, operation.py)    -> Program
schedule.py      what is fused with what, and where results lie                  -> Schedule
emission.py      the C++ text of a schedule, around the templates of kernel.cpp
native_plane.py  points of a plane through the compiled kernel; prefix.py does once what never moves
"""
