#include "main/cli.h"

int main(int argc, char** argv) { return aiim::run_command_line(argc, argv); }
