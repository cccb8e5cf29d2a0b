# One static library per folder. USES names the libraries below it: together the calls are the
# layer diagram, which ci/check-layers also holds for #include lines.
#
#   layer_library(NAME net SOURCES a.c b.c HEADERS a.h b.h USES core PkgConfig::CURL)
function(layer_library)
    cmake_parse_arguments(L "" "NAME" "SOURCES;HEADERS;USES" ${ARGN})
    add_library(${L_NAME} STATIC ${L_SOURCES})
    target_sources(${L_NAME} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR} FILES ${L_HEADERS})
    target_compile_definitions(${L_NAME} INTERFACE _GNU_SOURCE)
    target_link_libraries(${L_NAME} PUBLIC ${L_USES} PRIVATE confed_flags)
endfunction()

# A program of ours.
function(layer_program)
    cmake_parse_arguments(L "" "NAME" "SOURCES;USES" ${ARGN})
    add_executable(${L_NAME} ${L_SOURCES})
    target_link_libraries(${L_NAME} PRIVATE ${L_USES} confed_flags)
endfunction()

# A cmocka test program from one test_NAME.c, registered with ctest as unit.AREA.NAME.
#
#   unit_test(AREA core NAME buf USES core)
function(unit_test)
    cmake_parse_arguments(T "" "AREA;NAME;TIMEOUT" "USES;SOURCES;LABELS" ${ARGN})
    if(NOT BUILD_TESTING)
        return()
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 60)
    endif()
    set(target test_${T_AREA}_${T_NAME})
    add_executable(${target} test_${T_NAME}.c ${T_SOURCES})
    target_link_libraries(${target} PRIVATE ${T_USES} PkgConfig::CMOCKA confed_flags)
    target_compile_definitions(${target} PRIVATE CONFED_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME unit.${T_AREA}.${T_NAME} COMMAND ${target})
    set_tests_properties(unit.${T_AREA}.${T_NAME} PROPERTIES
        LABELS "unit;${T_AREA};${T_LABELS}" TIMEOUT ${T_TIMEOUT})
endfunction()

# A fuzz target from fuzz_NAME.c with the seeds of fixtures/corpus/NAME. With CONFED_FUZZ it is a
# libFuzzer program; else the same file replays its seeds, and mutations of them, under ctest.
#
#   fuzz_target(NAME http USES serve)
function(fuzz_target)
    cmake_parse_arguments(F "" "NAME" "USES" ${ARGN})
    if(NOT BUILD_TESTING)
        return()
    endif()
    if(CONFED_FUZZ)
        add_executable(fuzz_${F_NAME} fuzz_${F_NAME}.c)
        target_link_options(fuzz_${F_NAME} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(fuzz_${F_NAME} fuzz_${F_NAME}.c
            ${CMAKE_SOURCE_DIR}/cases/unit/support/fuzz_standalone.c)
        add_test(NAME fuzz.${F_NAME}
            COMMAND fuzz_${F_NAME} ${CMAKE_SOURCE_DIR}/fixtures/corpus/${F_NAME})
        set_tests_properties(fuzz.${F_NAME} PROPERTIES LABELS "fuzz" TIMEOUT 120)
    endif()
    target_link_libraries(fuzz_${F_NAME} PRIVATE ${F_USES} confed_flags)
    set_target_properties(fuzz_${F_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endfunction()
