/* `confed-sim apiserver`: one API server alone, for tests of other people's clients. See README.md.
 */
#ifndef CONFED_SIM_APISERVER_MAIN_H
#define CONFED_SIM_APISERVER_MAIN_H

/* argv[0] is "apiserver"; returns the exit code: 0, 2 usage, 3 could not work. */
int apiserver_main(int argc, char **argv);

#endif
