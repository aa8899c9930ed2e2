# Read by llama.cpp's build after its project() (CMAKE_PROJECT_INCLUDE in .cargo/config.toml). Whoever changes a letter
# of it or of a kernel puts the beginning of the new SHA-256 there, too, or nobody's engine would be built anew.
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

# Products of Q5_0 weights with several rows come from a kernel of our own, which changes no bit and takes little more
# than half the time (docs/LOG.md, 2026-11-27). llama.cpp's function gets another name, ours has its name and calls it
# for whatever else there is. The kernel's own head says where it computes and how to leave it out.
function(put_kernel_of_q5_0_in_front)
    if(NOT GGML_LLAMAFILE)
        return()
    endif()
    get_property(sources TARGET ggml-cpu PROPERTY SOURCES)
    if(NOT "ggml-cpu/llamafile/sgemm.cpp" IN_LIST sources)
        message(FATAL_ERROR "llama.cpp no longer multiplies in ggml-cpu/llamafile/sgemm.cpp, in front of which "
            "${CMAKE_CURRENT_FUNCTION_LIST_FILE} puts a kernel of ours: find its new place, or take the call out "
            "there together with crates/llama/src/q5_0.rs, which tests that kernel")
    endif()
    set_property(SOURCE "${CMAKE_CURRENT_SOURCE_DIR}/ggml/src/ggml-cpu/llamafile/sgemm.cpp"
        TARGET_DIRECTORY ggml-cpu
        APPEND PROPERTY COMPILE_DEFINITIONS llamafile_sgemm=llamafile_sgemm_of_llama_cpp)
    target_sources(ggml-cpu PRIVATE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../crates/llama/kernels/q5_0.cpp")
    message(STATUS "products with Q5_0 weights: by a kernel of our own")
endfunction()

# A source can be given properties once its folder is known: after the whole of llama.cpp's own file.
if(PROJECT_NAME STREQUAL "llama.cpp" AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    if(GGML_NATIVE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        cmake_language(DEFER CALL schedule_kernels_of_repacked_weights)
    endif()
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        cmake_language(DEFER CALL put_kernel_of_q5_0_in_front)
    endif()
endif()
