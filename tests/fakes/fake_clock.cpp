#include "fakes/fake_clock.h"
