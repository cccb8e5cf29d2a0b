# The flags of every target of ours, on one INTERFACE target that each of them links PRIVATE.
add_library(confed_flags INTERFACE)
target_compile_definitions(confed_flags INTERFACE _GNU_SOURCE)
target_include_directories(confed_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(confed_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wold-style-definition -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith -Wundef -Wvla
    -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough
    -include ${CMAKE_SOURCE_DIR}/harness/core/banned.h)
if(CONFED_SANITIZE)
    set(sanitize -fsanitize=${CONFED_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(confed_flags INTERFACE ${sanitize})
    target_link_options(confed_flags INTERFACE ${sanitize})
endif()
if(CONFED_FUZZ)
    target_compile_options(confed_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
