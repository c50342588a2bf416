import { randomInt } from 'node:crypto';
import { AgentName } from '../../db/ids.ts';

const QUALITIES =
  'able amber ample azure bold brave bright brisk broad busy calm candid cheery clear clever cosy crisp curious daring deft eager early easy even fair famous fancy fast fine firm fleet fond frank free fresh gentle giant glad golden good grand great green handy happy hardy hearty honest humble jolly keen kind large lively loyal lucky lunar mellow merry mighty mild modest neat nimble noble open patient plain polite prime proud quick quiet rapid ready regal rosy royal sharp silent silver simple sincere smart smooth snug solar solid steady still strong sturdy subtle sunny super swift tender tidy tough true trusty valiant vast velvet vivid warm wise witty young zesty'.split(
    ' ',
  );
const ANIMALS =
  'adder albatross alpaca ant antelope badger bat bear beaver bee beetle bison boar buffalo camel canary caribou cat cheetah cicada clam cobra cod condor coral cougar crab crane cricket crow deer dingo dolphin donkey dove dragonfly duck eagle eel egret elk emu falcon ferret finch firefly flamingo fox frog gazelle gecko gibbon goose gopher grouse gull hare hawk hedgehog heron herring hippo hornet horse ibex ibis iguana impala jackal jaguar jay kestrel kingfisher kiwi koala lark lemming lemur leopard lion lizard llama lobster lynx magpie mallard marmot marten mole mongoose moose moth mouse mule narwhal newt ocelot octopus orca oriole osprey ostrich otter owl ox oyster panda panther parrot pelican penguin perch pheasant pigeon pike pony puffin puma quail rabbit raccoon raven robin salmon seal shark sheep shrew skunk sloth snail sparrow squid squirrel starling stork swallow swan tapir tern tiger toad trout tuna turkey turtle viper vole vulture walrus wasp weasel whale wolf wombat wren yak zebra'.split(
    ' ',
  );

/** Drawn so often before it is counted on from one: of some 20,000 names most would have to be taken. */
const MOST_DRAWS = 40;

const drawn = (words: readonly string[]): string => words[randomInt(words.length)] ?? 'quiet';

/**
 * Names of agents, `quick-otter`, in the order in which they are tried.
 * @param isTaken whether an agent was ever called so
 */
export function* newNames(isTaken: (name: string) => boolean): Generator<AgentName, never> {
  for (;;) {
    let name = '';
    let number = 1;
    for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
      name = `${drawn(QUALITIES)}-${drawn(ANIMALS)}`;
      if (!isTaken(name)) break;
    }
    const first = name;
    while (isTaken(name)) {
      number += 1;
      name = `${first}-${number}`;
    }
    yield AgentName.parse(name);
  }
}
