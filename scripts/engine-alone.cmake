# Read by llama.cpp's build after its project() (CMAKE_PROJECT_INCLUDE in .cargo/config.toml). Whoever changes a letter
# of it puts the beginning of its new SHA-256 there, too, or nobody's engine would be built anew.
#
# The binding asks for llama.cpp's `common` library, with the parsers, the web client and the templates of its own
# programs. Nothing here uses any of it, and it is half of the objects and two fifths of the time to compile. The
# binding's feature for it is on by default and cannot be turned off from here.
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)

# GCC keeps the order of the source in the kernels of repacked weights and runs out of the sixteen registers of AVX2:
# half of the instructions move values to the stack or back. Told to schedule before it hands out registers, and to
# watch how many are in use, it makes kernels that are half as fast again over 4 and 8 rows (docs/LOG.md, 2026-11-27;
# benches/rows.sh). Only the order of instructions changes, no sum.
#
# Clang does so by itself. AVX-512 has 32 registers and kernels of its own: not measured, so left as it is.
function(schedule_kernels_of_repacked_weights)
    execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -march=native -dM -E -x c++ /dev/null
        OUTPUT_VARIABLE macros ERROR_QUIET)
    if(macros MATCHES "__AVX2__" AND NOT macros MATCHES "__AVX512F__")
        set_property(SOURCE "${CMAKE_CURRENT_SOURCE_DIR}/ggml/src/ggml-cpu/arch/x86/repack.cpp"
            TARGET_DIRECTORY ggml-cpu
            APPEND_STRING PROPERTY COMPILE_FLAGS
            " -fschedule-insns -fsched-pressure --param sched-pressure-algorithm=2")
        message(STATUS "kernels of repacked weights: scheduled before registers are handed out")
    endif()
endfunction()

# A source can be given properties once its folder is known: after the whole of llama.cpp's own file.
if(PROJECT_NAME STREQUAL "llama.cpp" AND GGML_NATIVE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    cmake_language(DEFER CALL schedule_kernels_of_repacked_weights)
endif()
