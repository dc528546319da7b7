#define RELEASE 100
