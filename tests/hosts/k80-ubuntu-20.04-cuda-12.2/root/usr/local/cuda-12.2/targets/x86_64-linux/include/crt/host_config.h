#if __GNUC__ > 12
