# Read by llama.cpp's build after its project() (CMAKE_PROJECT_INCLUDE in .cargo/config.toml).
#
# The binding asks for llama.cpp's `common` library, with the parsers, the web client and the templates of its own
# programs. Nothing here uses any of it, and it is half of the objects and two fifths of the time to compile. The
# binding's feature for it is on by default and cannot be turned off from here.
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)
