/* kubefed as a program: real requests, the world's speed, output to the terminal. */
#ifndef CONFED_CLI_KUBEFED_CLI_H
#define CONFED_CLI_KUBEFED_CLI_H

int kubefed_cli_main(int argc, char **argv);

#endif
