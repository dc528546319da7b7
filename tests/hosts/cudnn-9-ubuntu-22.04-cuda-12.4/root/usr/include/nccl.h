#define NCCL_MAJOR 2
#define NCCL_MINOR 21
#define NCCL_PATCH 5
