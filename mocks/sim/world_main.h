/* `confed-sim world`: see README.md. */
#ifndef CONFED_SIM_WORLD_MAIN_H
#define CONFED_SIM_WORLD_MAIN_H

/* argv[0] is "world"; returns the exit code: 0, 2 usage, 3 could not work. */
int world_main(int argc, char **argv);

#endif
